UPDATE userbook_server_failed_event SET retry = 1 WHERE retry = 0 AND (:all OR event_id = :event)
