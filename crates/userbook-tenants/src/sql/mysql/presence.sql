-- One row if the database exists.
SELECT EXISTS (
    SELECT 1
    FROM information_schema.tables AS t
    WHERE t.table_schema = s.schema_name AND t.table_name = 'userbook_migration'
) AS is_filled
FROM information_schema.schemata AS s
WHERE s.schema_name = :place
