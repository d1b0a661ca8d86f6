-- The oldest events that are not acknowledged, those of one user in the order of their commits: as many as fit, and one
-- whatever its size.
-- $1 how many at most, $2 how many bytes of JSON at most
SELECT body
FROM (
    SELECT seq, bytes, sum(bytes) OVER (ORDER BY seq) AS total
    FROM (
        SELECT seq, octet_length(body) AS bytes FROM userbook_event WHERE acked_at IS NULL ORDER BY seq LIMIT $1
    ) AS oldest
) AS counted JOIN userbook_event USING (seq)
WHERE total <= $2 OR total = bytes
ORDER BY seq
