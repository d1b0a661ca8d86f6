SELECT destination, body, error, failed_at
FROM userbook_server_failed_event
ORDER BY failed_at DESC, event_id DESC
LIMIT :limit
