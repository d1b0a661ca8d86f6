INSERT INTO userbook_server_failed_event (sink, event_id, destination, body, error, failed_at, retry)
VALUES (:sink, :event, :destination, :body, :error, :failed_at, 0)
