-- One row if the schema exists.
SELECT EXISTS (
    SELECT 1 FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid AND c.relname = 'userbook_migration'
) AS is_filled
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = CAST(:place AS text)
