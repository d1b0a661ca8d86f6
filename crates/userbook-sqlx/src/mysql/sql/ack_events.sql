UPDATE JSON_TABLE(:ids, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS wanted
STRAIGHT_JOIN userbook_event AS event ON event.id = UNHEX(wanted.id)
SET event.acked_at = UTC_TIMESTAMP(6)
WHERE event.acked_at IS NULL
