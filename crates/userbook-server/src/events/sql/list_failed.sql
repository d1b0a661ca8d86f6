SELECT body, error, failed_at FROM userbook_server_failed_event ORDER BY failed_at, event_id
