-- The time of the last login, and nothing else.
UPDATE userbook_user SET last_login = :time WHERE id = :target_id OR uuid = :target_uuid
