-- Grants of user $1: on everything, on user $2, on groups $3 (a JSON array), permission $6 on any group, and whether the
-- user may view any user by permission $4 on that user. Also whether user $2 holds permission $5, on everything or on
-- any group.
SELECT 'everything' AS scope, permission, NULL AS on_group
FROM userbook_server_grant
WHERE user_id = $1 AND on_user IS NULL AND on_group IS NULL
UNION ALL
SELECT 'user', permission, NULL
FROM userbook_server_grant
WHERE user_id = $1 AND on_user = $2
UNION ALL
SELECT 'group', permission, on_group
FROM userbook_server_grant
WHERE user_id = $1 AND on_group IN (SELECT value FROM json_each($3))
UNION ALL
SELECT 'group', permission, on_group
FROM userbook_server_grant
WHERE user_id = $1 AND permission = $6 AND on_group IS NOT NULL
UNION ALL
SELECT 'some user', $4, NULL
WHERE EXISTS (
    SELECT 1 FROM userbook_server_grant
    WHERE user_id = $1 AND permission = $4 AND on_user IS NOT NULL
)
UNION ALL
SELECT 'of user', $5, NULL
WHERE EXISTS (
    SELECT 1 FROM userbook_server_grant
    WHERE user_id = $2 AND permission = $5 AND on_user IS NULL
)
