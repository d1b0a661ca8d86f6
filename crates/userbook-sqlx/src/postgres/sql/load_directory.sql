-- All facts that a decision about groups or new users needs, from one snapshot: one row of facts, one row for each
-- group that the query names, that the actor is in, or that is above one of these, and, if the query requests them,
-- one row for the place of each group, or of a group and each group below it, in the hierarchy, one for each member and
-- one for each membership of a member. 19 is MAX_PARENTS.
WITH RECURSIVE
closure (group_id, depth) AS (
    (
        SELECT group_id, 0 FROM userbook_membership WHERE user_id = :actor
        UNION
        SELECT named.id, 0 FROM unnest(:groups::uuid[]) AS named (id)
    )
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
),
-- A union ends at a group that it has found before. OFFSET 0 keeps the planner from reading all groups to find a few.
below (id, is_superuser, parent) AS (
    SELECT id, is_superuser, parent FROM userbook_group WHERE id = :below
    UNION
    SELECT child.id, child.is_superuser, child.parent
    FROM below CROSS JOIN LATERAL (
        SELECT id, is_superuser, parent FROM userbook_group WHERE parent = below.id OFFSET 0
    ) AS child
),
-- The index is ordered within each value of can_act: the smallest ids come without reading all members.
member (id) AS MATERIALIZED (
    SELECT id FROM (
        SELECT first.user_id AS id
        FROM (VALUES (0), (1), (2)) AS kind (can_act) CROSS JOIN LATERAL (
            SELECT user_id FROM userbook_membership
            WHERE group_id = :members_of AND can_act = kind.can_act
            ORDER BY user_id
            LIMIT :members_limit
        ) AS first
        UNION
        SELECT id FROM userbook_user WHERE id = ANY (:members::bigint[])
    ) AS candidate
    ORDER BY id
    LIMIT :members_limit
)
SELECT
    'facts' AS row_kind,
    EXISTS (SELECT FROM userbook_user WHERE username = :username) AS username_taken,
    EXISTS (
        SELECT FROM userbook_claim AS claim
        WHERE claim.digest = :login_digest
    ) AS login_taken,
    EXISTS (
        SELECT FROM userbook_claim AS claim
        WHERE claim.digest = :email_digest
    ) AS email_taken,
    (SELECT id FROM userbook_group WHERE name = :group_name AND id IS DISTINCT FROM :group_name_except LIMIT 1) AS group_named,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.path AS actor_path,
    actor.attributes AS actor_attributes,
    actor.revision AS actor_revision,
    EXISTS (
        SELECT
        FROM unnest(:granting::uuid[]) AS granting (id) CROSS JOIN LATERAL (
            -- In the order of an index: with any statistics, no member who cannot act is read.
            SELECT FROM userbook_membership AS m
            WHERE m.group_id = granting.id
                AND m.can_act = 2
                AND (granting.id IS DISTINCT FROM :except_group OR m.user_id <> ALL (:except_users::bigint[]))
            ORDER BY m.user_id
            LIMIT 1
        ) AS found
    ) AS superuser_person,
    EXISTS (
        SELECT
        FROM unnest(:granting::uuid[]) AS granting (id) CROSS JOIN LATERAL (
            SELECT FROM userbook_membership AS m
            WHERE m.group_id = granting.id
                AND m.can_act = 1
                AND (granting.id IS DISTINCT FROM :except_group OR m.user_id <> ALL (:except_users::bigint[]))
            ORDER BY m.user_id
            LIMIT 1
        ) AS found
    ) AS superuser_service_account,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    EXISTS (SELECT FROM userbook_event WHERE userbook_event.id = :change) AS change_committed,
    NULL::uuid AS uuid,
    NULL::text AS name,
    NULL::boolean AS is_superuser,
    NULL::uuid AS parent,
    NULL::text AS attributes,
    NULL::text AS external_ids,
    NULL::timestamptz AS created_at,
    NULL::timestamptz AS updated_at,
    NULL::boolean AS of_actor,
    NULL::bigint AS id,
    NULL::text AS username,
    NULL::boolean AS is_active,
    NULL::text AS type,
    NULL::text AS path,
    NULL::uuid AS revision,
    NULL::bigint AS version
FROM (SELECT) AS one LEFT JOIN userbook_user AS actor ON actor.id = :actor
UNION ALL
SELECT
    'group',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    g.name,
    g.is_superuser,
    g.parent,
    g.attributes,
    g.external_ids,
    g.created_at,
    g.updated_at,
    EXISTS (SELECT FROM userbook_membership WHERE user_id = :actor AND group_id = g.id),
    NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM userbook_group AS g
WHERE g.id IN (SELECT group_id FROM closure)
UNION ALL
SELECT
    'shape',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    NULL,
    g.is_superuser,
    g.parent,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM userbook_group AS g
WHERE :shape
UNION ALL
SELECT
    'shape',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    below.id,
    NULL,
    below.is_superuser,
    below.parent,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM below
UNION ALL
SELECT
    'member',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    u.uuid,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    u.id,
    u.username,
    u.is_active,
    u.type,
    u.path,
    u.revision,
    u.version
FROM member CROSS JOIN LATERAL (
    -- OFFSET 0 keeps the planner from reading all users to find a few.
    SELECT * FROM userbook_user WHERE id = member.id OFFSET 0
) AS u
UNION ALL
SELECT
    'membership',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    m.group_id,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    m.user_id,
    NULL, NULL, NULL, NULL, NULL, NULL
FROM member CROSS JOIN LATERAL (SELECT * FROM userbook_membership WHERE user_id = member.id OFFSET 0) AS m
