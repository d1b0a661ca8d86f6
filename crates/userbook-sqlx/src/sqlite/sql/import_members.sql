-- Memberships of many users at once; a group that is not there breaks a foreign key.
-- ?1 pairs of user and group (JSON array of arrays, groups in hexadecimal)
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, unhex(pair.value ->> 1), u.can_act
FROM json_each(?1) AS pair
CROSS JOIN userbook_user AS u ON u.id = pair.value ->> 0
