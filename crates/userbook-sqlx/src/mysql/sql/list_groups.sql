-- One page of groups: a row for each group, and one for each member that the query requests.
WITH
input (ids, all_members, users) AS (SELECT :groups, :all_members, :members),
shown (group_id, user_id) AS (
    SELECT m.group_id, m.user_id
    FROM input
    STRAIGHT_JOIN JSON_TABLE(input.ids, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
    STRAIGHT_JOIN userbook_membership AS m ON m.group_id = UNHEX(wanted.id)
    WHERE input.all_members
    UNION ALL
    SELECT m.group_id, m.user_id
    FROM input
    STRAIGHT_JOIN JSON_TABLE(input.users, '$[*]' COLUMNS (id BIGINT PATH '$')) AS member
    STRAIGHT_JOIN JSON_TABLE(input.ids, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
    STRAIGHT_JOIN userbook_membership AS m ON m.user_id = member.id AND m.group_id = UNHEX(wanted.id)
    LIMIT :max_rows
)
SELECT
    'group' AS row_kind,
    NULL AS id,
    g.id AS uuid,
    NULL AS username,
    g.name AS name,
    NULL AS email,
    NULL AS is_active,
    NULL AS last_login,
    NULL AS path,
    NULL AS type,
    CASE WHEN :group_attributes THEN g.attributes ELSE '{}' END AS attributes,
    g.external_ids AS external_ids,
    NULL AS password_change_date,
    g.created_at AS created_at,
    g.updated_at AS updated_at,
    NULL AS revision,
    NULL AS version,
    NULL AS session_epoch,
    g.is_superuser AS is_superuser,
    g.parent AS parent,
    above.name AS parent_name,
    NULL AS of_group
FROM input
STRAIGHT_JOIN JSON_TABLE(input.ids, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
STRAIGHT_JOIN userbook_group AS g ON g.id = UNHEX(wanted.id)
LEFT JOIN userbook_group AS above ON above.id = g.parent
UNION ALL
SELECT
    'member',
    u.id,
    u.uuid,
    u.username,
    u.name,
    u.email,
    u.is_active,
    u.last_login,
    u.path,
    u.type,
    CASE WHEN :member_attributes THEN u.attributes ELSE '{}' END,
    u.external_ids,
    u.password_change_date,
    u.created_at,
    u.updated_at,
    u.revision,
    u.version,
    u.session_epoch,
    NULL,
    NULL,
    NULL,
    shown.group_id
FROM shown STRAIGHT_JOIN userbook_user AS u ON u.id = shown.user_id
WHERE u.username <> 'AnonymousUser'
