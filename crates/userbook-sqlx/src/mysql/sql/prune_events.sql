DELETE FROM userbook_event WHERE acked_at IS NOT NULL AND occurred_at < :before ORDER BY occurred_at, seq LIMIT :limit
