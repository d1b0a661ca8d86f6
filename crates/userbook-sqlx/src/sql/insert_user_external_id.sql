-- An identifier that another user has is a duplicate.
INSERT INTO userbook_user_external_id (user_id, source, identifier) VALUES (:owner, :source, :identifier)
