DELETE FROM userbook_server_failed_event WHERE event_id = :event
