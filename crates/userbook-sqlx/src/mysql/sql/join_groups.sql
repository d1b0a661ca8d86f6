-- Groups that are not there are passed over: the caller compares the count, in which a membership that is there
-- already counts too.
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, g.id, u.can_act
FROM JSON_TABLE(:groups_added, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
STRAIGHT_JOIN userbook_group AS g ON g.id = UNHEX(wanted.id)
STRAIGHT_JOIN userbook_user AS u ON u.id = :user
ON DUPLICATE KEY UPDATE user_id = userbook_membership.user_id
