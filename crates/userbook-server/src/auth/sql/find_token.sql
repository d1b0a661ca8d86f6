-- The token with this hash, and whether its owner is active now.
SELECT token.user_id, token.intent, token.expiring, token.expires, owner.is_active
FROM userbook_server_token AS token
JOIN userbook_user AS owner ON owner.id = token.user_id
WHERE token.hash = :hash
