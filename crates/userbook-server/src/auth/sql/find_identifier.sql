SELECT user_id FROM userbook_server_token WHERE identifier = :identifier
