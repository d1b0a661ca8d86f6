-- Groups that do not exist are left out: the caller compares the count.
INSERT INTO userbook_membership (user_id, group_id, can_act)
SELECT u.id, g.id, u.can_act
FROM userbook_user AS u CROSS JOIN (
    SELECT id FROM userbook_group WHERE id = ANY (:groups_added::uuid[]) ORDER BY id FOR KEY SHARE
) AS g
WHERE u.id = :user
