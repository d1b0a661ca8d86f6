-- All that a decision about one user needs, in one moment: one row of facts, and one row for each group that
-- the user or the actor is in, that was asked for, or that is above one of these.
-- $1 user, $2 user name asked for, $3 groups asked for, $4 actor, $5 whether another active superuser is asked
-- for, $6 change asked for
WITH RECURSIVE
closure (group_id, depth) AS (
    (
        SELECT group_id, 0 FROM userbook_membership WHERE user_id IN ($1, $4)
        UNION
        SELECT asked.id, 0 FROM unnest($3::uuid[]) AS asked (id)
    )
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
),
granting (group_id, depth) AS (
    SELECT id, 0 FROM userbook_group WHERE is_superuser
    UNION
    SELECT child.id, granting.depth + 1
    FROM granting JOIN userbook_group AS child ON child.parent = granting.group_id
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
    EXISTS (SELECT FROM userbook_user AS other WHERE other.username = $2 AND other.id <> $1) AS username_taken,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.revision AS actor_revision,
    CASE WHEN $5 THEN EXISTS (
        SELECT
        FROM granting CROSS JOIN LATERAL (
            -- In the order of an index: whatever the statistics say, no inactive member is looked at.
            SELECT FROM userbook_membership AS member
            WHERE member.group_id = granting.group_id AND member.user_active AND member.user_id <> $1
            ORDER BY member.user_id
            LIMIT 1
        ) AS somebody
    ) END AS other_active_superuser,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    -- Not looked up unless asked for: a plan made while there were no events would read all that came since.
    CASE
        WHEN $6::uuid IS NULL THEN false
        ELSE EXISTS (SELECT FROM userbook_event WHERE userbook_event.id = $6)
    END AS landed,
    NULL::boolean AS is_superuser,
    NULL::uuid AS parent,
    NULL::boolean AS of_user,
    NULL::boolean AS of_actor
FROM userbook_user AS u LEFT JOIN userbook_user AS actor ON actor.id = $4
WHERE u.id = $1
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
    EXISTS (SELECT FROM userbook_membership WHERE user_id = $1 AND group_id = g.id),
    EXISTS (SELECT FROM userbook_membership WHERE user_id = $4 AND group_id = g.id)
FROM userbook_group AS g
WHERE g.id IN (SELECT group_id FROM closure)
