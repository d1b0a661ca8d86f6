SELECT 1 AS found FROM userbook_server_connection WHERE name = :name
