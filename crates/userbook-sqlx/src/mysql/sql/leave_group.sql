DELETE member
FROM (SELECT :group AS group_id) AS input
STRAIGHT_JOIN JSON_TABLE(:users, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted
STRAIGHT_JOIN userbook_membership AS member ON member.user_id = wanted.id AND member.group_id = input.group_id
