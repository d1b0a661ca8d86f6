-- The oldest events that are not acknowledged, those of one user in the order of their commits: as many as fit, and at
-- least one.
SELECT body
FROM (
    SELECT seq, bytes, sum(bytes) OVER (ORDER BY seq) AS total
    FROM (
        SELECT seq, octet_length(body) AS bytes
        FROM userbook_event
        WHERE acked_at IS NULL
        ORDER BY seq
        LIMIT :max_events
    ) AS oldest
) AS counted JOIN userbook_event USING (seq)
WHERE total <= :max_bytes OR total = bytes
ORDER BY seq
