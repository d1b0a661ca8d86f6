-- Processes that start at once wait for each other, until the transaction ends. Each schema has a lock of its own.
SELECT pg_advisory_xact_lock(hashtextextended('userbook_migration ' || COALESCE(current_schema(), ''), 0))
