-- Writes the rows of members that have the expected revision, and locks the actor's row under the same condition, in
-- the order of ids as all writers do. The actor's row gets no new version; the write is for clusters.
UPDATE JSON_TABLE(:rows, '$[*]' COLUMNS (
    id BIGINT PATH '$[0]',
    expected CHAR(32) PATH '$[1]',
    revision CHAR(32) PATH '$[2]',
    version BIGINT PATH '$[3]',
    updated_at BIGINT PATH '$[4]',
    session_epoch CHAR(32) PATH '$[5]'
)) AS wanted
STRAIGHT_JOIN userbook_user AS u ON u.id = wanted.id
SET
    u.relied_on = u.relied_on + (wanted.version IS NULL),
    u.revision = UNHEX(wanted.revision),
    u.version = COALESCE(wanted.version, u.version),
    u.updated_at = COALESCE(
        TIMESTAMP'1970-01-01 00:00:00' + INTERVAL wanted.updated_at MICROSECOND, u.updated_at
    ),
    u.session_epoch = COALESCE(UNHEX(wanted.session_epoch), u.session_epoch)
WHERE u.revision = UNHEX(wanted.expected)
