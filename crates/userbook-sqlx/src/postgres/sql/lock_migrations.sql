-- Processes that start at once wait for one another, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('userbook_migration', 0))
