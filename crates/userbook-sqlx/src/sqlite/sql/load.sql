-- All facts that a decision about one user needs, from one snapshot: one row of facts, and one row for each group that
-- the target or the actor is in, that the query names, or that is above one of these. 19 is MAX_PARENTS.
WITH RECURSIVE
target (id) AS MATERIALIZED (
    SELECT coalesce(:target_id, (SELECT id FROM userbook_user WHERE uuid = :target_uuid))
),
closure (group_id, depth) AS (
    SELECT group_id, 0 FROM userbook_membership WHERE user_id IN ((SELECT id FROM target), :actor)
    UNION
    SELECT unhex(value), 0 FROM json_each(:groups)
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
),
granting (group_id, depth) AS (
    SELECT id, 0 FROM userbook_group WHERE is_superuser = 1
    UNION
    SELECT child.id, granting.depth + 1
    FROM granting JOIN userbook_group AS child ON child.parent = granting.group_id
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
        WHERE other.username = :username AND other.id IS NOT (SELECT id FROM target)
    ) AS username_taken,
    EXISTS (
        SELECT 1 FROM userbook_claim AS claim
        WHERE claim.digest = :login_digest AND claim.user_id IS NOT (SELECT id FROM target)
    ) AS login_taken,
    EXISTS (
        SELECT 1 FROM userbook_claim AS claim
        WHERE claim.digest = :email_digest AND claim.user_id IS NOT (SELECT id FROM target)
    ) AS email_taken,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.path AS actor_path,
    actor.attributes AS actor_attributes,
    actor.revision AS actor_revision,
    CASE WHEN :other_superusers THEN EXISTS (
        SELECT 1
        FROM granting CROSS JOIN userbook_membership AS member ON member.group_id = granting.group_id
        WHERE member.can_act = 2 AND member.user_id IS NOT (SELECT id FROM target)
    ) ELSE 0 END AS superuser_person,
    CASE WHEN :other_superusers THEN EXISTS (
        SELECT 1
        FROM granting CROSS JOIN userbook_membership AS member ON member.group_id = granting.group_id
        WHERE member.can_act = 1 AND member.user_id IS NOT (SELECT id FROM target)
    ) ELSE 0 END AS superuser_service_account,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    EXISTS (SELECT 1 FROM userbook_event WHERE userbook_event.id = :change) AS change_committed,
    NULL AS is_superuser,
    NULL AS parent,
    NULL AS of_user,
    NULL AS of_actor
FROM target
    LEFT JOIN userbook_user AS u ON u.id = target.id
    LEFT JOIN userbook_user AS actor ON actor.id = :actor
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
    EXISTS (SELECT 1 FROM userbook_membership WHERE user_id = (SELECT id FROM target) AND group_id = g.id),
    EXISTS (SELECT 1 FROM userbook_membership WHERE user_id = :actor AND group_id = g.id)
FROM (SELECT DISTINCT group_id FROM closure) AS wanted
CROSS JOIN userbook_group AS g ON g.id = wanted.group_id
