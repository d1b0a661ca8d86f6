-- An identifier that another group has is a duplicate.
INSERT INTO userbook_group_external_id (group_id, source, identifier) VALUES (:owner, :source, :identifier)
