DELETE FROM userbook_server_token WHERE identifier = :identifier
