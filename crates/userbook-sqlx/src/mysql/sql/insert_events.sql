-- Texts and ids are hexadecimal: MariaDB's JSON parser changes some texts. Times are microseconds since 1970.
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
SELECT
    UNHEX(event.id),
    CONVERT(UNHEX(event.kind) USING utf8mb4),
    event.user_id,
    UNHEX(event.group_id),
    event.version,
    TIMESTAMP'1970-01-01 00:00:00' + INTERVAL event.occurred_at MICROSECOND,
    CONVERT(UNHEX(event.body) USING utf8mb4)
FROM JSON_TABLE(:rows, '$[*]' COLUMNS (
    id CHAR(32) PATH '$[0]',
    kind LONGTEXT PATH '$[1]',
    user_id BIGINT PATH '$[2]',
    group_id CHAR(32) PATH '$[3]',
    version BIGINT PATH '$[4]',
    occurred_at BIGINT PATH '$[5]',
    body LONGTEXT PATH '$[6]'
)) AS event
