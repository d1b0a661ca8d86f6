-- Those of the groups that are not there.
-- $1 groups
SELECT wanted.id
FROM unnest($1::uuid[]) AS wanted (id)
WHERE NOT EXISTS (SELECT FROM userbook_group AS g WHERE g.id = wanted.id)
