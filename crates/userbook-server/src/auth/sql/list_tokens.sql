-- All tokens, in the order of their owners.
SELECT hash, user_id, identifier, intent, expiring, expires FROM userbook_server_token ORDER BY user_id, identifier
