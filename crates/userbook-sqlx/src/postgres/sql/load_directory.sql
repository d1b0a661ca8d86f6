-- All that a decision about groups or new users needs, in one moment: one row of facts, one row for each group
-- that was asked for, that the actor is in, or that is above one of these, and, if asked for, one row for each
-- group's place in the hierarchy.
-- $1 user name asked for, $2 group name asked for, $3 groups asked for, $4 actor, $5 whether the hierarchy is
-- asked for, $6 groups whose active members are asked for, $7 change asked for
WITH RECURSIVE
closure (group_id, depth) AS (
    (
        SELECT group_id, 0 FROM userbook_membership WHERE user_id = $4
        UNION
        SELECT asked.id, 0 FROM unnest($3::uuid[]) AS asked (id)
    )
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
)
SELECT
    'facts' AS part,
    EXISTS (SELECT FROM userbook_user WHERE username = $1) AS username_taken,
    (SELECT id FROM userbook_group WHERE name = $2) AS group_named,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.revision AS actor_revision,
    EXISTS (
        SELECT
        FROM unnest($6::uuid[]) AS asked (id) CROSS JOIN LATERAL (
            -- In the order of an index: whatever the statistics say, no inactive member is looked at.
            SELECT FROM userbook_membership AS member
            WHERE member.group_id = asked.id AND member.user_active
            ORDER BY member.user_id
            LIMIT 1
        ) AS somebody
    ) AS active_member,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    EXISTS (SELECT FROM userbook_event WHERE userbook_event.id = $7) AS landed,
    NULL::uuid AS uuid,
    NULL::text AS name,
    NULL::boolean AS is_superuser,
    NULL::uuid AS parent,
    NULL::text AS attributes,
    NULL::boolean AS of_actor
FROM (SELECT) AS one LEFT JOIN userbook_user AS actor ON actor.id = $4
UNION ALL
SELECT
    'group',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    g.name,
    g.is_superuser,
    g.parent,
    g.attributes,
    EXISTS (SELECT FROM userbook_membership WHERE user_id = $4 AND group_id = g.id)
FROM userbook_group AS g
WHERE g.id IN (SELECT group_id FROM closure)
UNION ALL
SELECT
    'shape',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    NULL,
    g.is_superuser,
    g.parent,
    NULL, NULL
FROM userbook_group AS g
WHERE $5
