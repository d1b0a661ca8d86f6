-- The session epoch of an active user.
SELECT session_epoch FROM userbook_user WHERE (id = :target_id OR uuid = :target_uuid) AND is_active
