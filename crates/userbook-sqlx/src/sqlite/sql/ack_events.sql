UPDATE userbook_event
SET acked_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
WHERE acked_at IS NULL AND id IN (SELECT unhex(value) FROM json_each(:ids))
