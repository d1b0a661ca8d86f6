INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, :group, u.can_act
FROM json_each(:users) AS wanted CROSS JOIN userbook_user AS u ON u.id = wanted.value
WHERE true
ON CONFLICT DO NOTHING
