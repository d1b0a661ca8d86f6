-- A group that does not exist breaks a foreign key.
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, unhex(pair.value ->> 1), u.can_act
FROM json_each(:rows) AS pair
CROSS JOIN userbook_user AS u ON u.id = pair.value ->> 0
