-- Writes the rows of members that still have their revision, and locks the actor's row if it does, all in the order of
-- ids as all writers do. The actor's row has no new version; it is written for the sake of clusters.
UPDATE JSON_TABLE(:rows, '$[*]' COLUMNS (
    id BIGINT PATH '$[0]',
    expected CHAR(32) PATH '$[1]',
    revision CHAR(32) PATH '$[2]',
    version BIGINT PATH '$[3]'
)) AS wanted
STRAIGHT_JOIN userbook_user AS u ON u.id = wanted.id
SET
    u.relied_on = u.relied_on + (wanted.version IS NULL),
    u.revision = UNHEX(wanted.revision),
    u.version = COALESCE(wanted.version, u.version)
WHERE u.revision = UNHEX(wanted.expected)
