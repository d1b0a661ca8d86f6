INSERT INTO userbook_server_token (hash, user_id, intent, expiring, expires) VALUES (?, ?, ?, ?, ?)
