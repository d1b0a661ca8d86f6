SELECT body FROM userbook_server_failed_event WHERE sink = :sink AND retry = 1 ORDER BY failed_at, event_id LIMIT :limit
