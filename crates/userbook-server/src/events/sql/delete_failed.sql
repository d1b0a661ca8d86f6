DELETE FROM userbook_server_failed_event WHERE sink = :sink AND event_id = :event
