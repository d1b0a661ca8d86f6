DELETE FROM userbook_server_delivered WHERE seq = :seq
