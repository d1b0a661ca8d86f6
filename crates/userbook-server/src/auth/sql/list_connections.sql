SELECT c.name, c.hash, c.user_id, c.deactivates, c.is_strict, account.is_active
FROM userbook_server_connection AS c
JOIN userbook_user AS account ON account.id = c.user_id
ORDER BY c.name
