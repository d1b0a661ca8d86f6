-- The tokens of a user.
SELECT hash, user_id, identifier, intent, expiring, expires
FROM userbook_server_token
WHERE user_id = :user
ORDER BY identifier
