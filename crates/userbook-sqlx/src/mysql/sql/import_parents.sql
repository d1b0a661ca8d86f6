UPDATE JSON_TABLE(:rows, '$[*]' COLUMNS (id CHAR(32) PATH '$[0]', parent CHAR(32) PATH '$[1]')) AS wanted
STRAIGHT_JOIN userbook_group AS child ON child.id = UNHEX(wanted.id)
SET child.parent = UNHEX(wanted.parent)
