INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, UNHEX(wanted.group_id), u.can_act
FROM JSON_TABLE(:rows, '$[*]' COLUMNS (user_id BIGINT PATH '$[0]', group_id CHAR(32) PATH '$[1]')) AS wanted
STRAIGHT_JOIN userbook_user AS u ON u.id = wanted.user_id
