-- All facts that a decision about groups or new users needs, from one snapshot: one row of facts, one row for each
-- group that the query names, that the actor is in, or that is above one of these, and, if the query requests them,
-- one row for the place of each group, or of a group and each group below it, in the hierarchy, one for each member and
-- one for each membership of a member. 19 is MAX_PARENTS.
WITH RECURSIVE
input (actor_id, granting, except_group, shape) AS (SELECT :actor, :granting, :except_group, :shape),
excepted (id) AS (SELECT j.id FROM JSON_TABLE(:except_users, '$[*]' COLUMNS (id BIGINT PATH '$')) AS j),
closure (group_id, depth) AS (
    SELECT own.group_id, 0 FROM input STRAIGHT_JOIN userbook_membership AS own ON own.user_id = input.actor_id
    UNION
    SELECT UNHEX(wanted.id), 0 FROM JSON_TABLE(:groups, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure STRAIGHT_JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
),
-- A union ends at a group that it has found before.
below (id, is_superuser, parent) AS (
    SELECT id, is_superuser, parent FROM userbook_group WHERE id = :below
    UNION
    SELECT child.id, child.is_superuser, child.parent
    FROM below STRAIGHT_JOIN userbook_group AS child FORCE INDEX (userbook_group_parent) ON child.parent = below.id
),
-- The index is ordered within each value of can_act: the smallest ids come without reading all members.
member (id) AS (
    SELECT id FROM (
        SELECT user_id AS id FROM (
            SELECT user_id FROM userbook_membership FORCE INDEX (userbook_membership_group)
            WHERE group_id = :members_of AND can_act = 0
            ORDER BY user_id
            LIMIT :members_limit
        ) AS kind_0
        UNION
        SELECT user_id AS id FROM (
            SELECT user_id FROM userbook_membership FORCE INDEX (userbook_membership_group)
            WHERE group_id = :members_of AND can_act = 1
            ORDER BY user_id
            LIMIT :members_limit
        ) AS kind_1
        UNION
        SELECT user_id AS id FROM (
            SELECT user_id FROM userbook_membership FORCE INDEX (userbook_membership_group)
            WHERE group_id = :members_of AND can_act = 2
            ORDER BY user_id
            LIMIT :members_limit
        ) AS kind_2
        UNION
        SELECT u.id
        FROM JSON_TABLE(:members, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted
        STRAIGHT_JOIN userbook_user AS u ON u.id = wanted.id
    ) AS candidate
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
    (SELECT id FROM userbook_group WHERE name_digest = UNHEX(SHA2(:group_name, 256)) AND NOT (id <=> :group_name_except) LIMIT 1) AS group_named,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.path AS actor_path,
    actor.attributes AS actor_attributes,
    actor.revision AS actor_revision,
    EXISTS (
        SELECT 1
        FROM JSON_TABLE(input.granting, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
        STRAIGHT_JOIN userbook_membership AS m ON m.group_id = UNHEX(wanted.id)
        WHERE m.can_act = 2
            AND (NOT (m.group_id <=> input.except_group) OR m.user_id NOT IN (SELECT id FROM excepted))
    ) AS superuser_person,
    EXISTS (
        SELECT 1
        FROM JSON_TABLE(input.granting, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
        STRAIGHT_JOIN userbook_membership AS m ON m.group_id = UNHEX(wanted.id)
        WHERE m.can_act = 1
            AND (NOT (m.group_id <=> input.except_group) OR m.user_id NOT IN (SELECT id FROM excepted))
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
FROM input LEFT JOIN userbook_user AS actor ON actor.id = input.actor_id
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
    EXISTS (SELECT 1 FROM userbook_membership AS own WHERE own.user_id = input.actor_id AND own.group_id = g.id),
    NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM input
STRAIGHT_JOIN (SELECT DISTINCT group_id FROM closure) AS wanted
STRAIGHT_JOIN userbook_group AS g ON g.id = wanted.group_id
UNION ALL
SELECT
    'shape',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    NULL,
    g.is_superuser,
    g.parent,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM input STRAIGHT_JOIN userbook_group AS g
WHERE input.shape
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
FROM member STRAIGHT_JOIN userbook_user AS u ON u.id = member.id
UNION ALL
SELECT
    'membership',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    m.group_id,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    m.user_id,
    NULL, NULL, NULL, NULL, NULL, NULL
FROM member STRAIGHT_JOIN userbook_membership AS m ON m.user_id = member.id
