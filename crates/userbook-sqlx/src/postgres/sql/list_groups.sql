-- One page of groups: a row for each group, and one for each of their members.
-- $1 groups
SELECT
    'group' AS part,
    NULL::bigint AS id,
    g.id AS uuid,
    NULL AS username,
    g.name AS name,
    NULL AS email,
    NULL::boolean AS is_active,
    NULL::timestamptz AS last_login,
    NULL AS path,
    NULL AS type,
    g.attributes AS attributes,
    NULL::timestamptz AS password_change_date,
    NULL::uuid AS revision,
    NULL::bigint AS version,
    g.is_superuser AS is_superuser,
    g.parent AS parent,
    above.name AS parent_name,
    NULL::uuid AS of_group
FROM userbook_group AS g LEFT JOIN userbook_group AS above ON above.id = g.parent
WHERE g.id = ANY ($1::uuid[])
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
FROM userbook_membership AS m JOIN userbook_user AS u ON u.id = m.user_id
WHERE m.group_id = ANY ($1) AND u.username <> 'AnonymousUser'
