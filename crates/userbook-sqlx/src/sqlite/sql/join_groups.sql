-- Groups that do not exist are left out: the caller compares the count, to which a membership that exists already
-- counts.
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, g.id, u.can_act
FROM json_each(:groups_added) AS wanted
CROSS JOIN userbook_group AS g ON g.id = unhex(wanted.value)
CROSS JOIN userbook_user AS u ON u.id = :user
WHERE true
ON CONFLICT DO UPDATE SET can_act = excluded.can_act
