-- What user $1 was granted: on everything, on user $2, on groups $3 (a JSON array), and whether they may view any
-- user at all by a permission on that user.
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
WHERE user_id = $1 AND on_group IN (SELECT json_array_elements_text($3::json))
UNION ALL
SELECT 'some user', $4, NULL
WHERE EXISTS (
    SELECT 1 FROM userbook_server_grant
    WHERE user_id = $1 AND permission = $4 AND on_user IS NOT NULL
)
