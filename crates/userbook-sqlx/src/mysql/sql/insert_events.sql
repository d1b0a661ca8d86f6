-- In this order: events (JSON array of arrays: change id, kind, user, group, version, moment, the event as JSON; ids and
-- the event in hexadecimal, so that no text meets the JSON parser)
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
SELECT
    UNHEX(event.id),
    event.kind,
    event.user_id,
    UNHEX(event.group_id),
    event.version,
    event.occurred_at,
    CONVERT(UNHEX(event.body) USING utf8mb4)
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id CHAR(32) PATH '$[0]',
    kind VARCHAR(64) PATH '$[1]',
    user_id BIGINT PATH '$[2]',
    group_id CHAR(32) PATH '$[3]',
    version BIGINT PATH '$[4]',
    occurred_at VARCHAR(64) PATH '$[5]',
    body LONGTEXT PATH '$[6]'
)) AS event
