-- ?1 group, ?2 users (JSON array)
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, ?1, u.can_act
FROM json_each(?2) AS wanted CROSS JOIN userbook_user AS u ON u.id = wanted.value
WHERE true
ON CONFLICT DO NOTHING
