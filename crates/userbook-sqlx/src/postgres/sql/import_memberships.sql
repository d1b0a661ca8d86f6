INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT pair.user_id, pair.group_id, u.can_act
FROM unnest(:user::bigint[], :group::uuid[]) AS pair (user_id, group_id)
JOIN userbook_user AS u ON u.id = pair.user_id
