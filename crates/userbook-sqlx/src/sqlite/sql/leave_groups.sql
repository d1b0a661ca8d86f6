DELETE FROM userbook_membership
WHERE user_id = :user AND group_id IN (SELECT unhex(value) FROM json_each(:groups_removed))
