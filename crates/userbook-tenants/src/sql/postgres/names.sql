SELECT CAST(n.nspname AS text) AS place
FROM pg_catalog.pg_namespace AS n
WHERE starts_with(CAST(n.nspname AS text), CAST(:prefix AS text))
