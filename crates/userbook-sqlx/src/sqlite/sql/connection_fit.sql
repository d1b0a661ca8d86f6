-- The settings of this connection and the marks of the file that the store depends on.
SELECT
    (SELECT foreign_keys FROM pragma_foreign_keys) AS foreign_keys,
    (SELECT application_id FROM pragma_application_id) AS application_id,
    EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'userbook_migration') AS is_migrated
