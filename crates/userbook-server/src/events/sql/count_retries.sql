SELECT destination, COUNT(*) AS total FROM userbook_server_failed_event
WHERE retry = 0 AND (:all OR event_id = :event)
GROUP BY destination
