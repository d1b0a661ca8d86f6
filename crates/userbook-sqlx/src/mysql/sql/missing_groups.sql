-- Those of the groups that are not there.
-- In this order: groups (JSON array of hexadecimal ids)
SELECT UNHEX(wanted.id) AS id
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM userbook_group AS g WHERE g.id = UNHEX(wanted.id))
