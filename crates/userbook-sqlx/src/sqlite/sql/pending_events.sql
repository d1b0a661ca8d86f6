-- The oldest events that are not acknowledged, in the order of their commits: as many as fit, and one whatever its size.
-- ?1 how many at most, ?2 how many bytes of JSON at most
SELECT event.body AS body
FROM (
    SELECT seq, bytes, sum(bytes) OVER (ORDER BY seq) AS total
    FROM (
        SELECT seq, octet_length(body) AS bytes FROM userbook_event WHERE acked_at IS NULL ORDER BY seq LIMIT ?1
    )
) AS counted CROSS JOIN userbook_event AS event ON event.seq = counted.seq
WHERE counted.total <= ?2 OR counted.total = counted.bytes
ORDER BY counted.seq
