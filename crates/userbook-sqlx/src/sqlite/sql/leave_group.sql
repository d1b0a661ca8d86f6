DELETE FROM userbook_membership WHERE group_id = :group AND user_id IN (SELECT value FROM json_each(:users))
