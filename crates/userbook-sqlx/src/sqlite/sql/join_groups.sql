-- Groups that do not exist are left out: the caller compares the count, to which a membership that exists already counts.
-- ?1 user, ?2 groups (JSON array of hexadecimal ids)
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, g.id, u.can_act
FROM json_each(?2) AS wanted
CROSS JOIN userbook_group AS g ON g.id = unhex(wanted.value)
CROSS JOIN userbook_user AS u ON u.id = ?1
WHERE true
ON CONFLICT DO UPDATE SET can_act = excluded.can_act
