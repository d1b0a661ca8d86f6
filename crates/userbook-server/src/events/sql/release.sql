UPDATE userbook_server_claim SET expires = 0 WHERE name = :name AND holder = :holder
