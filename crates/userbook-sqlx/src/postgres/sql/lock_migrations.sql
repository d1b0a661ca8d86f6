-- Processes that start at once wait for each other, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('userbook_migration', 0))
