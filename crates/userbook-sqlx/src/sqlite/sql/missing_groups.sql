-- Those of the groups that are not there.
-- ?1 groups (JSON array of hexadecimal ids)
SELECT unhex(wanted.value) AS id
FROM json_each(?1) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM userbook_group AS g WHERE g.id = unhex(wanted.value))
