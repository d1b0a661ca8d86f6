-- Groups that do not exist are left out: the caller compares the count, which includes existing memberships.
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, g.id, u.can_act
FROM JSON_TABLE(:groups_added, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
STRAIGHT_JOIN userbook_group AS g ON g.id = UNHEX(wanted.id)
STRAIGHT_JOIN userbook_user AS u ON u.id = :user
ON DUPLICATE KEY UPDATE user_id = userbook_membership.user_id
