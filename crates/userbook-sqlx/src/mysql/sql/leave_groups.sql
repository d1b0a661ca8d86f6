DELETE member
FROM JSON_TABLE(:groups_removed, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
STRAIGHT_JOIN userbook_membership AS member ON member.group_id = UNHEX(wanted.id)
WHERE member.user_id = :user
