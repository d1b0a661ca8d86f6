SELECT count(*) AS problems
FROM userbook_server_token AS token
LEFT JOIN userbook_user AS owner ON owner.id = token.user_id
WHERE owner.id IS NULL
