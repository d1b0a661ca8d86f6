SELECT id, attributes FROM userbook_user WHERE id > :after ORDER BY id LIMIT :limit
