SELECT id FROM userbook_user WHERE username = :username
