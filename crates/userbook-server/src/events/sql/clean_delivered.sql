-- The destinations of an event do not matter after its acknowledgement.
DELETE FROM userbook_server_delivered
WHERE NOT EXISTS (
    SELECT 1
    FROM userbook_event AS event
    WHERE event.seq = userbook_server_delivered.seq AND event.acked_at IS NULL
)
