-- Groups that are not there are passed over: the caller compares the count.
-- ?1 user, ?2 groups (JSON array of hexadecimal ids)
INSERT INTO userbook_membership (user_id, group_id, user_active)
SELECT u.id, g.id, u.is_active
FROM json_each(?2) AS wanted
CROSS JOIN userbook_group AS g ON g.id = unhex(wanted.value)
CROSS JOIN userbook_user AS u ON u.id = ?1
WHERE true
ON CONFLICT DO NOTHING
