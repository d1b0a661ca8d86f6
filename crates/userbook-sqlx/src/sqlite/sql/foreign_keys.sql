-- Whether this connection enforces foreign keys.
SELECT foreign_keys FROM pragma_foreign_keys
