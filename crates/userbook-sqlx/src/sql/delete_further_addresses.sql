DELETE FROM userbook_further_address WHERE user_id = :user
