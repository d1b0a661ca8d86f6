-- ?1 group, ?2 users (JSON array)
DELETE FROM userbook_membership WHERE group_id = ?1 AND user_id IN (SELECT value FROM json_each(?2))
