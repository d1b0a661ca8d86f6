-- What the actor was granted: on everything, on the user, on the groups (a JSON array), and whether they may view
-- any user at all by a permission on that user.
-- In this order: actor, user, groups, the permission to view
WITH asked AS (SELECT ? AS actor, ? AS target, ? AS members, ? AS viewing)
SELECT 'everything' AS scope, held.permission AS permission, NULL AS on_group
FROM asked STRAIGHT_JOIN userbook_server_grant AS held ON held.user_id = asked.actor
WHERE held.on_user IS NULL AND held.on_group IS NULL
UNION ALL
SELECT 'user', held.permission, NULL
FROM asked STRAIGHT_JOIN userbook_server_grant AS held
    ON held.user_id = asked.actor AND held.on_user = asked.target
UNION ALL
SELECT 'group', held.permission, held.on_group
FROM asked
STRAIGHT_JOIN JSON_TABLE(asked.members, '$[*]' COLUMNS (id CHAR(36) PATH '$')) AS wanted
STRAIGHT_JOIN userbook_server_grant AS held ON held.user_id = asked.actor AND held.on_group = wanted.id
UNION ALL
SELECT 'some user', asked.viewing, NULL
FROM asked
WHERE EXISTS (
    SELECT 1 FROM userbook_server_grant AS held
    WHERE held.user_id = asked.actor AND held.permission = asked.viewing AND held.on_user IS NOT NULL
)
