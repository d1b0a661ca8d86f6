-- One page of groups: a row for each group, and one for each member that the query requests.
WITH
shown (group_id, user_id) AS (
    SELECT group_id, user_id FROM userbook_membership WHERE :all_members AND group_id = ANY (:groups::uuid[])
    UNION ALL
    SELECT group_id, user_id FROM userbook_membership
    WHERE user_id = ANY (:members::bigint[]) AND group_id = ANY (:groups)
    LIMIT :max_rows
)
SELECT
    'group' AS row_kind,
    NULL::bigint AS id,
    g.id AS uuid,
    NULL AS username,
    g.name AS name,
    NULL AS email,
    NULL::boolean AS is_active,
    NULL::timestamptz AS last_login,
    NULL AS path,
    NULL AS type,
    CASE WHEN :group_attributes THEN g.attributes ELSE '{}' END AS attributes,
    g.external_ids AS external_ids,
    NULL::timestamptz AS password_change_date,
    g.created_at AS created_at,
    g.updated_at AS updated_at,
    NULL::uuid AS revision,
    NULL::bigint AS version,
    NULL::uuid AS session_epoch,
    g.is_superuser AS is_superuser,
    g.parent AS parent,
    above.name AS parent_name,
    NULL::uuid AS of_group
FROM userbook_group AS g LEFT JOIN userbook_group AS above ON above.id = g.parent
WHERE g.id = ANY (:groups)
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
FROM shown JOIN userbook_user AS u ON u.id = shown.user_id
WHERE u.username <> 'AnonymousUser'
