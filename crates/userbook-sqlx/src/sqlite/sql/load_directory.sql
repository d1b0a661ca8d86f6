-- All facts that a decision about groups or new users needs, from one snapshot: one row of facts, one row for each
-- group that the query names, that the actor is in, or that is above one of these, and, if the query requests them,
-- one row for the place of each group, or of a group and each group below it, in the hierarchy, one for each member and
-- one for each membership of a member. 19 is MAX_PARENTS.
WITH RECURSIVE
closure (group_id, depth) AS (
    SELECT group_id, 0 FROM userbook_membership WHERE user_id = :actor
    UNION
    SELECT unhex(value), 0 FROM json_each(:groups)
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
),
-- A union ends at a group that it has found before.
below (id, is_superuser, parent) AS (
    SELECT id, is_superuser, parent FROM userbook_group WHERE id = :below
    UNION
    SELECT child.id, child.is_superuser, child.parent
    FROM below CROSS JOIN userbook_group AS child ON child.parent = below.id
),
-- The index is ordered within each value of can_act: the smallest ids come without reading all members.
member (id) AS MATERIALIZED (
    SELECT id FROM (
        SELECT user_id AS id FROM (
            SELECT user_id FROM userbook_membership
            WHERE group_id = :members_of AND can_act = 0
            ORDER BY user_id LIMIT :members_limit
        )
        UNION
        SELECT user_id FROM (
            SELECT user_id FROM userbook_membership
            WHERE group_id = :members_of AND can_act = 1
            ORDER BY user_id LIMIT :members_limit
        )
        UNION
        SELECT user_id FROM (
            SELECT user_id FROM userbook_membership
            WHERE group_id = :members_of AND can_act = 2
            ORDER BY user_id LIMIT :members_limit
        )
        UNION
        SELECT u.id FROM json_each(:members) AS wanted CROSS JOIN userbook_user AS u ON u.id = wanted.value
    )
    ORDER BY id
    LIMIT :members_limit
)
SELECT
    'facts' AS row_kind,
    EXISTS (SELECT 1 FROM userbook_user WHERE username = :username) AS username_taken,
    EXISTS (
        SELECT 1 FROM userbook_claim AS claim
        WHERE claim.digest = :login_digest
    ) AS login_taken,
    EXISTS (
        SELECT 1 FROM userbook_claim AS claim
        WHERE claim.digest = :email_digest
    ) AS email_taken,
    (SELECT id FROM userbook_group WHERE name = :group_name AND id IS NOT :group_name_except LIMIT 1) AS group_named,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.path AS actor_path,
    actor.attributes AS actor_attributes,
    actor.revision AS actor_revision,
    EXISTS (
        SELECT 1
        FROM json_each(:granting) AS granting CROSS JOIN userbook_membership AS m ON m.group_id = unhex(granting.value)
        WHERE m.can_act = 2
            AND (m.group_id IS NOT :except_group OR m.user_id NOT IN (SELECT value FROM json_each(:except_users)))
    ) AS superuser_person,
    EXISTS (
        SELECT 1
        FROM json_each(:granting) AS granting CROSS JOIN userbook_membership AS m ON m.group_id = unhex(granting.value)
        WHERE m.can_act = 1
            AND (m.group_id IS NOT :except_group OR m.user_id NOT IN (SELECT value FROM json_each(:except_users)))
    ) AS superuser_service_account,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    EXISTS (SELECT 1 FROM userbook_event WHERE userbook_event.id = :change) AS change_committed,
    NULL AS uuid,
    NULL AS name,
    NULL AS is_superuser,
    NULL AS parent,
    NULL AS attributes,
    NULL AS external_ids,
    NULL AS created_at,
    NULL AS updated_at,
    NULL AS of_actor,
    NULL AS id,
    NULL AS username,
    NULL AS is_active,
    NULL AS type,
    NULL AS path,
    NULL AS revision,
    NULL AS version
FROM (SELECT 1) LEFT JOIN userbook_user AS actor ON actor.id = :actor
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
    EXISTS (SELECT 1 FROM userbook_membership WHERE user_id = :actor AND group_id = g.id),
    NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM (SELECT DISTINCT group_id FROM closure) AS wanted
CROSS JOIN userbook_group AS g ON g.id = wanted.group_id
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
FROM member CROSS JOIN userbook_user AS u ON u.id = member.id
UNION ALL
SELECT
    'membership',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    m.group_id,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    m.user_id,
    NULL, NULL, NULL, NULL, NULL, NULL
FROM member CROSS JOIN userbook_membership AS m ON m.user_id = member.id
