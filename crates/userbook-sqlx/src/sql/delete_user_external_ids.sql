DELETE FROM userbook_user_external_id WHERE user_id = :owner
