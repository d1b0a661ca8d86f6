-- One page of groups: a row for each group, and one for each of their members.
-- In this order: groups (JSON array of hexadecimal ids)
WITH asked AS (SELECT ? AS ids)
SELECT
    'group' AS part,
    NULL AS id,
    g.id AS uuid,
    NULL AS username,
    g.name AS name,
    NULL AS email,
    NULL AS is_active,
    NULL AS last_login,
    NULL AS path,
    NULL AS type,
    g.attributes AS attributes,
    NULL AS password_change_date,
    NULL AS revision,
    NULL AS version,
    g.is_superuser AS is_superuser,
    g.parent AS parent,
    above.name AS parent_name,
    NULL AS of_group
FROM asked
STRAIGHT_JOIN JSON_TABLE(asked.ids, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
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
    u.attributes,
    u.password_change_date,
    u.revision,
    u.version,
    NULL,
    NULL,
    NULL,
    m.group_id
FROM asked
STRAIGHT_JOIN JSON_TABLE(asked.ids, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
STRAIGHT_JOIN userbook_membership AS m ON m.group_id = UNHEX(wanted.id)
STRAIGHT_JOIN userbook_user AS u ON u.id = m.user_id
WHERE u.username <> 'AnonymousUser'
