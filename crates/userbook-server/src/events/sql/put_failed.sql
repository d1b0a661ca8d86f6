INSERT INTO userbook_server_failed_event (event_id, body, error, failed_at)
VALUES (:event, :body, :error, :failed_at)
