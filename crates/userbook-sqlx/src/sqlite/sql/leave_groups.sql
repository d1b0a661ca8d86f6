-- ?1 user, ?2 groups (JSON array of hexadecimal ids)
DELETE FROM userbook_membership
WHERE user_id = ?1 AND group_id IN (SELECT unhex(value) FROM json_each(?2))
