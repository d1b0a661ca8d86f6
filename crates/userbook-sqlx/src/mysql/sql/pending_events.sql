-- The oldest events that are not acknowledged: as many as fit, and at least one. Events of one user are in the order
-- of their commits, because the user's row was locked.
SELECT event.body AS body
FROM (
    SELECT oldest.seq, oldest.bytes, SUM(oldest.bytes) OVER (ORDER BY oldest.seq) AS total
    FROM (
        SELECT seq, LENGTH(body) AS bytes FROM userbook_event WHERE acked_at IS NULL ORDER BY seq LIMIT :max_events
    ) AS oldest
) AS counted STRAIGHT_JOIN userbook_event AS event ON event.seq = counted.seq
WHERE counted.total <= :max_bytes OR counted.total = counted.bytes
ORDER BY counted.seq
