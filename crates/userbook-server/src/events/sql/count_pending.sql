SELECT COUNT(*) AS total
FROM (
    SELECT waiting.seq
    FROM userbook_event AS waiting
    LEFT JOIN userbook_server_delivered AS had ON had.seq = waiting.seq
    WHERE waiting.acked_at IS NULL AND (had.sinks IS NULL OR had.sinks NOT LIKE :sink)
    LIMIT :limit
) AS counted
