-- The oldest events that are not acknowledged, in the order of their commits: as many as fit, and at least one.
SELECT event.body AS body
FROM (
    SELECT seq, bytes, sum(bytes) OVER (ORDER BY seq) AS total
    FROM (
        SELECT seq, octet_length(body) AS bytes
        FROM userbook_event
        WHERE acked_at IS NULL
        ORDER BY seq
        LIMIT :max_events
    )
) AS counted CROSS JOIN userbook_event AS event ON event.seq = counted.seq
WHERE counted.total <= :max_bytes OR counted.total = counted.bytes
ORDER BY counted.seq
