-- All that a decision about one user needs, in one moment: one row of facts, and one row for each group that
-- the user or the actor is in, that was asked for, or that is above one of these. Rows rather than a document:
-- the database's aggregates cut long ones without a word.
-- In this order: user, actor, groups asked for (JSON array of hexadecimal ids), whether another active superuser
-- is asked for, user name asked for, user, whether another active superuser is asked for, user, change asked for,
-- actor, user, user, actor
WITH RECURSIVE
closure (group_id, depth) AS (
    SELECT group_id, 0 FROM userbook_membership WHERE user_id IN (?, ?)
    UNION
    SELECT UNHEX(wanted.id), 0 FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure STRAIGHT_JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
),
granting (group_id, depth) AS (
    SELECT id, 0 FROM userbook_group WHERE is_superuser = 1 AND ?
    UNION
    SELECT child.id, granting.depth + 1
    FROM granting STRAIGHT_JOIN userbook_group AS child ON child.parent = granting.group_id
    WHERE granting.depth < 19
)
SELECT
    'facts' AS part,
    u.id AS id,
    u.uuid AS uuid,
    u.username AS username,
    u.name AS name,
    u.email AS email,
    u.is_active AS is_active,
    u.last_login AS last_login,
    u.path AS path,
    u.type AS type,
    u.attributes AS attributes,
    u.password_change_date AS password_change_date,
    u.revision AS revision,
    u.version AS version,
    EXISTS (SELECT 1 FROM userbook_user AS other WHERE other.username = ? AND other.id <> ?) AS username_taken,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.revision AS actor_revision,
    CASE WHEN ? THEN EXISTS (
        SELECT 1
        FROM granting STRAIGHT_JOIN userbook_membership AS member ON member.group_id = granting.group_id
        WHERE member.user_active = 1 AND member.user_id <> ?
    ) END AS other_active_superuser,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    EXISTS (SELECT 1 FROM userbook_event WHERE userbook_event.id = ?) AS landed,
    NULL AS is_superuser,
    NULL AS parent,
    NULL AS of_user,
    NULL AS of_actor
FROM userbook_user AS u LEFT JOIN userbook_user AS actor ON actor.id = ?
WHERE u.id = ?
UNION ALL
SELECT
    'group',
    NULL,
    g.id,
    NULL,
    g.name,
    NULL, NULL, NULL, NULL, NULL,
    g.attributes,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.is_superuser,
    g.parent,
    EXISTS (SELECT 1 FROM userbook_membership AS own WHERE own.user_id = ? AND own.group_id = g.id),
    EXISTS (SELECT 1 FROM userbook_membership AS own WHERE own.user_id = ? AND own.group_id = g.id)
FROM (SELECT DISTINCT group_id FROM closure) AS wanted
STRAIGHT_JOIN userbook_group AS g ON g.id = wanted.group_id
