-- All facts that a decision about one user needs, from one snapshot: one row of facts, and one row for each group that
-- the target or the actor is in, that the query names, or that is above one of these. Rows rather than a document: the
-- database's aggregates cut long ones without an error. 19 is MAX_PARENTS.
WITH RECURSIVE
input (target_id, actor_id, superusers) AS (
    SELECT
        COALESCE(:target_id, (SELECT named.id FROM userbook_user AS named WHERE named.uuid = :target_uuid)),
        :actor,
        :other_superusers
),
closure (group_id, depth) AS (
    SELECT own.group_id, 0 FROM input STRAIGHT_JOIN userbook_membership AS own ON own.user_id = input.target_id
    UNION
    SELECT own.group_id, 0 FROM input STRAIGHT_JOIN userbook_membership AS own ON own.user_id = input.actor_id
    UNION
    SELECT UNHEX(wanted.id), 0 FROM JSON_TABLE(:groups, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure STRAIGHT_JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
),
granting (group_id, depth) AS (
    SELECT g.id, 0 FROM input STRAIGHT_JOIN userbook_group AS g WHERE g.is_superuser = 1 AND input.superusers
    UNION
    SELECT child.id, granting.depth + 1
    FROM granting STRAIGHT_JOIN userbook_group AS child ON child.parent = granting.group_id
    WHERE granting.depth < 19
)
SELECT
    'facts' AS row_kind,
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
    u.external_ids AS external_ids,
    u.password_change_date AS password_change_date,
    u.created_at AS created_at,
    u.updated_at AS updated_at,
    u.revision AS revision,
    u.version AS version,
    u.session_epoch AS session_epoch,
    EXISTS (
        SELECT 1 FROM userbook_user AS other
        WHERE other.username = :username AND NOT (other.id <=> input.target_id)
    ) AS username_taken,
    EXISTS (
        SELECT 1 FROM userbook_claim AS claim
        WHERE claim.digest = :login_digest AND NOT (claim.user_id <=> input.target_id)
    ) AS login_taken,
    EXISTS (
        SELECT 1 FROM userbook_claim AS claim
        WHERE claim.digest = :email_digest AND NOT (claim.user_id <=> input.target_id)
    ) AS email_taken,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.path AS actor_path,
    actor.attributes AS actor_attributes,
    actor.revision AS actor_revision,
    input.superusers AND EXISTS (
        SELECT 1
        FROM granting STRAIGHT_JOIN userbook_membership AS member ON member.group_id = granting.group_id
        WHERE member.can_act = 2 AND NOT (member.user_id <=> input.target_id)
    ) AS superuser_person,
    input.superusers AND EXISTS (
        SELECT 1
        FROM granting STRAIGHT_JOIN userbook_membership AS member ON member.group_id = granting.group_id
        WHERE member.can_act = 1 AND NOT (member.user_id <=> input.target_id)
    ) AS superuser_service_account,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    EXISTS (SELECT 1 FROM userbook_event WHERE userbook_event.id = :change) AS change_committed,
    NULL AS is_superuser,
    NULL AS parent,
    NULL AS of_user,
    NULL AS of_actor
FROM input
    LEFT JOIN userbook_user AS u ON u.id = input.target_id
    LEFT JOIN userbook_user AS actor ON actor.id = input.actor_id
UNION ALL
SELECT
    'group',
    NULL,
    g.id,
    NULL,
    g.name,
    NULL, NULL, NULL, NULL, NULL,
    g.attributes,
    g.external_ids,
    NULL,
    g.created_at,
    g.updated_at,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.is_superuser,
    g.parent,
    EXISTS (SELECT 1 FROM userbook_membership AS own WHERE own.user_id = input.target_id AND own.group_id = g.id),
    EXISTS (SELECT 1 FROM userbook_membership AS own WHERE own.user_id = input.actor_id AND own.group_id = g.id)
FROM input
STRAIGHT_JOIN (SELECT DISTINCT group_id FROM closure) AS wanted
STRAIGHT_JOIN userbook_group AS g ON g.id = wanted.group_id
