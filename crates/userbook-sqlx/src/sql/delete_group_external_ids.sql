DELETE FROM userbook_group_external_id WHERE group_id = :owner
