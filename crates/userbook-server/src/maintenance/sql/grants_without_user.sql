SELECT count(*) AS problems
FROM userbook_server_grant AS held
LEFT JOIN userbook_user AS holder ON holder.id = held.user_id
LEFT JOIN userbook_user AS object ON object.id = held.on_user
WHERE holder.id IS NULL OR (held.on_user IS NOT NULL AND object.id IS NULL)
