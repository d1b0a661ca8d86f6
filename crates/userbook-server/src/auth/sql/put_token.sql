INSERT INTO userbook_server_token (hash, user_id, identifier, intent, expiring, expires)
VALUES (:hash, :user, :identifier, :intent, :expiring, :expires)
