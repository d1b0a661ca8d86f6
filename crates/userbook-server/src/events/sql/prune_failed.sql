DELETE FROM userbook_server_failed_event WHERE failed_at < :before
