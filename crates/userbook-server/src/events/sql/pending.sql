-- The oldest events that a destination does not have: as many as fit, and at least one. LEFT JOIN makes MariaDB start
-- with the few events that count.
SELECT event.seq AS seq, event.body AS body, delivered.sinks AS sinks
FROM (
    SELECT oldest.seq, oldest.bytes, SUM(oldest.bytes) OVER (ORDER BY oldest.seq) AS total
    FROM (
        SELECT waiting.seq, OCTET_LENGTH(waiting.body) AS bytes
        FROM userbook_event AS waiting
        LEFT JOIN userbook_server_delivered AS had ON had.seq = waiting.seq
        WHERE
            waiting.acked_at IS NULL
            AND waiting.seq > :after
            AND (had.sinks IS NULL OR had.sinks NOT LIKE :sink)
        ORDER BY waiting.seq
        LIMIT :max_events
    ) AS oldest
) AS counted
LEFT JOIN userbook_event AS event ON event.seq = counted.seq
LEFT JOIN userbook_server_delivered AS delivered ON delivered.seq = counted.seq
WHERE counted.total <= :max_bytes OR counted.total = counted.bytes
ORDER BY counted.seq
