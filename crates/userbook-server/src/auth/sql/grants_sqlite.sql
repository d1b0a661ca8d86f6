-- Grants of the actor: on everything, on the target, on the groups (a JSON array), the permission to view groups on any
-- group, and whether the actor may view any user by a permission on that user. Also whether the target holds the
-- permission to grant, on everything or on any group.
SELECT 'everything' AS scope, permission, NULL AS on_group
FROM userbook_server_grant
WHERE user_id = :actor AND on_user IS NULL AND on_group IS NULL
UNION ALL
SELECT 'user', permission, NULL
FROM userbook_server_grant
WHERE user_id = :actor AND on_user = :target
UNION ALL
SELECT 'group', permission, on_group
FROM userbook_server_grant
WHERE user_id = :actor AND on_group IN (SELECT value FROM json_each(:groups))
UNION ALL
SELECT 'group', permission, on_group
FROM userbook_server_grant
WHERE user_id = :actor AND permission = :view_group AND on_group IS NOT NULL
UNION ALL
SELECT 'some user', CAST(:view_user AS text), NULL
WHERE EXISTS (
    SELECT 1 FROM userbook_server_grant
    WHERE user_id = :actor AND permission = :view_user AND on_user IS NOT NULL
)
UNION ALL
SELECT 'of user', CAST(:grant AS text), NULL
WHERE EXISTS (
    SELECT 1 FROM userbook_server_grant
    WHERE user_id = :target AND permission = :grant AND on_user IS NULL
)
