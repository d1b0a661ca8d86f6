-- One page of users: a row for each user, one for each of their memberships, and one for each group that one of them
-- is in or that is above such a group. 19 is MAX_PARENTS.
WITH RECURSIVE
input AS (SELECT :users AS users),
member (user_id, group_id) AS (
    SELECT own.user_id, own.group_id
    FROM input
    STRAIGHT_JOIN JSON_TABLE(input.users, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted
    STRAIGHT_JOIN userbook_membership AS own ON own.user_id = wanted.id
    LIMIT :max_rows
),
closure (group_id, depth) AS (
    SELECT group_id, 0 FROM member
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure STRAIGHT_JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
)
SELECT
    'user' AS row_kind,
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
    NULL AS is_superuser,
    NULL AS parent
FROM input
STRAIGHT_JOIN JSON_TABLE(input.users, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted
STRAIGHT_JOIN userbook_user AS u ON u.id = wanted.id
UNION ALL
SELECT
    'membership',
    user_id, group_id,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM member
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
    NULL, NULL, NULL,
    g.is_superuser,
    g.parent
FROM (SELECT DISTINCT group_id FROM closure) AS wanted
STRAIGHT_JOIN userbook_group AS g ON g.id = wanted.group_id
