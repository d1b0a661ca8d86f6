INSERT INTO userbook_server_connection (name, hash, user_id, deactivates, is_strict)
VALUES (:name, :hash, :user, :deactivates, :is_strict)
