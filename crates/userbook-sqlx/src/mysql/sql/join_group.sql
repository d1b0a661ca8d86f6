-- In this order: group, users (JSON array)
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, ?, u.can_act
FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted
STRAIGHT_JOIN userbook_user AS u ON u.id = wanted.id
ON DUPLICATE KEY UPDATE user_id = userbook_membership.user_id
