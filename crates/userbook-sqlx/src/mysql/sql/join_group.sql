INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, :group, u.can_act
FROM JSON_TABLE(:users, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted
STRAIGHT_JOIN userbook_user AS u ON u.id = wanted.id
ON DUPLICATE KEY UPDATE user_id = userbook_membership.user_id
