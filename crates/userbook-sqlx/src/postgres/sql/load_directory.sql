-- All facts that a decision about groups or new users needs, in one moment: one row of facts, one row for each group
-- that the query names, that the actor is in, or that is above one of these, and, if the query asks for them, one row
-- for each group's place in the hierarchy, one for each member and one for each membership of a member. 19 is
-- MAX_PARENTS.
-- $1 username to look up, $2 group name to look up, $3 groups to read, $4 actor, $5 whether to read the hierarchy,
-- $6 groups whose superusers to look for, $7 the group in which some users do not count, $8 these users,
-- $9 the group whose members to read, $10 further users to read, $11 how many of these at most, $12 change to look up
WITH RECURSIVE
closure (group_id, depth) AS (
    (
        SELECT group_id, 0 FROM userbook_membership WHERE user_id = $4
        UNION
        SELECT named.id, 0 FROM unnest($3::uuid[]) AS named (id)
    )
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
),
-- The index is ordered within each value of can_act: the smallest ids come without reading all members.
member (id) AS MATERIALIZED (
    SELECT id FROM (
        SELECT first.user_id AS id
        FROM (VALUES (0), (1), (2)) AS kind (can_act) CROSS JOIN LATERAL (
            SELECT user_id FROM userbook_membership
            WHERE group_id = $9 AND can_act = kind.can_act
            ORDER BY user_id
            LIMIT $11
        ) AS first
        UNION
        SELECT id FROM userbook_user WHERE id = ANY ($10::bigint[])
    ) AS candidate
    ORDER BY id
    LIMIT $11
)
SELECT
    'facts' AS row_kind,
    EXISTS (SELECT FROM userbook_user WHERE username = $1) AS username_taken,
    (SELECT id FROM userbook_group WHERE name = $2) AS group_named,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.revision AS actor_revision,
    EXISTS (
        SELECT
        FROM unnest($6::uuid[]) AS granting (id) CROSS JOIN LATERAL (
            -- In the order of an index: whatever the statistics say, no member who cannot act is read.
            SELECT FROM userbook_membership AS m
            WHERE m.group_id = granting.id
                AND m.can_act = 2
                AND (granting.id IS DISTINCT FROM $7 OR m.user_id <> ALL ($8::bigint[]))
            ORDER BY m.user_id
            LIMIT 1
        ) AS found
    ) AS superuser_person,
    EXISTS (
        SELECT
        FROM unnest($6::uuid[]) AS granting (id) CROSS JOIN LATERAL (
            SELECT FROM userbook_membership AS m
            WHERE m.group_id = granting.id
                AND m.can_act = 1
                AND (granting.id IS DISTINCT FROM $7 OR m.user_id <> ALL ($8::bigint[]))
            ORDER BY m.user_id
            LIMIT 1
        ) AS found
    ) AS superuser_service_account,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    EXISTS (SELECT FROM userbook_event WHERE userbook_event.id = $12) AS change_committed,
    NULL::uuid AS uuid,
    NULL::text AS name,
    NULL::boolean AS is_superuser,
    NULL::uuid AS parent,
    NULL::text AS attributes,
    NULL::boolean AS of_actor,
    NULL::bigint AS id,
    NULL::text AS username,
    NULL::boolean AS is_active,
    NULL::text AS type,
    NULL::uuid AS revision,
    NULL::bigint AS version
FROM (SELECT) AS one LEFT JOIN userbook_user AS actor ON actor.id = $4
UNION ALL
SELECT
    'group',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    g.name,
    g.is_superuser,
    g.parent,
    g.attributes,
    EXISTS (SELECT FROM userbook_membership WHERE user_id = $4 AND group_id = g.id),
    NULL, NULL, NULL, NULL, NULL, NULL
FROM userbook_group AS g
WHERE g.id IN (SELECT group_id FROM closure)
UNION ALL
SELECT
    'shape',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    NULL,
    g.is_superuser,
    g.parent,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM userbook_group AS g
WHERE $5
UNION ALL
SELECT
    'member',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL,
    u.id,
    u.username,
    u.is_active,
    u.type,
    u.revision,
    u.version
FROM member CROSS JOIN LATERAL (
    -- OFFSET 0 keeps the planner from reading all users for the sake of a few.
    SELECT * FROM userbook_user WHERE id = member.id OFFSET 0
) AS u
UNION ALL
SELECT
    'membership',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    m.group_id,
    NULL, NULL, NULL, NULL, NULL,
    m.user_id,
    NULL, NULL, NULL, NULL, NULL
FROM member CROSS JOIN LATERAL (SELECT * FROM userbook_membership WHERE user_id = member.id OFFSET 0) AS m
