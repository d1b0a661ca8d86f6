SELECT 1 AS has_members FROM userbook_membership WHERE group_id = :group LIMIT 1
