-- Whether this connection keeps foreign keys.
SELECT foreign_keys FROM pragma_foreign_keys
