-- Grants of the actor: on everything, on the target, on the groups (a JSON array), the permission to view groups on any
-- group, and whether the actor may view any user by a permission on that user. Also whether the target holds the
-- permission to grant, on everything or on any group.
WITH input AS (
    SELECT :actor AS actor, :target AS target, :groups AS members, :view_user AS viewing, :grant AS granting,
        :view_group AS viewing_groups
)
SELECT 'everything' AS scope, held.permission AS permission, NULL AS on_group
FROM input STRAIGHT_JOIN userbook_server_grant AS held ON held.user_id = input.actor
WHERE held.on_user IS NULL AND held.on_group IS NULL
UNION ALL
SELECT 'user', held.permission, NULL
FROM input STRAIGHT_JOIN userbook_server_grant AS held
    ON held.user_id = input.actor AND held.on_user = input.target
UNION ALL
SELECT 'group', held.permission, held.on_group
FROM input
STRAIGHT_JOIN JSON_TABLE(input.members, '$[*]' COLUMNS (id CHAR(36) PATH '$')) AS wanted
STRAIGHT_JOIN userbook_server_grant AS held ON held.user_id = input.actor AND held.on_group = wanted.id
UNION ALL
SELECT 'group', held.permission, held.on_group
FROM input STRAIGHT_JOIN userbook_server_grant AS held
    ON held.user_id = input.actor AND held.permission = input.viewing_groups
WHERE held.on_group IS NOT NULL
UNION ALL
SELECT 'some user', input.viewing, NULL
FROM input
WHERE EXISTS (
    SELECT 1 FROM userbook_server_grant AS held
    WHERE held.user_id = input.actor AND held.permission = input.viewing AND held.on_user IS NOT NULL
)
UNION ALL
SELECT 'of user', input.granting, NULL
FROM input
WHERE EXISTS (
    SELECT 1 FROM userbook_server_grant AS held
    WHERE held.user_id = input.target AND held.permission = input.granting AND held.on_user IS NULL
)
