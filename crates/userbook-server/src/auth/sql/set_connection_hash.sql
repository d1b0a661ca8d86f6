UPDATE userbook_server_connection SET hash = :hash WHERE name = :name
