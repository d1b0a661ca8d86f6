-- Moments are texts here too: the table would take those that it cannot read for none.
-- In this order: rows (JSON array of arrays; texts are hexadecimal, so that no text meets the JSON parser)
INSERT INTO userbook_user (
    id, uuid, username, name, email, is_active, last_login, path, type, attributes, password_change_date,
    revision, version
)
SELECT
    wanted.id,
    UNHEX(wanted.uuid),
    UNHEX(wanted.username),
    CONVERT(UNHEX(wanted.name) USING utf8mb4),
    CONVERT(UNHEX(wanted.email) USING utf8mb4),
    wanted.is_active,
    wanted.last_login,
    CONVERT(UNHEX(wanted.path) USING utf8mb4),
    wanted.type,
    CONVERT(UNHEX(wanted.attributes) USING utf8mb4),
    wanted.password_change_date,
    UNHEX(wanted.revision),
    wanted.version
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id BIGINT PATH '$[0]',
    uuid CHAR(32) PATH '$[1]',
    username LONGTEXT PATH '$[2]',
    name LONGTEXT PATH '$[3]',
    email LONGTEXT PATH '$[4]',
    is_active TINYINT PATH '$[5]',
    last_login VARCHAR(64) PATH '$[6]',
    path LONGTEXT PATH '$[7]',
    type VARCHAR(64) PATH '$[8]',
    attributes LONGTEXT PATH '$[9]',
    password_change_date VARCHAR(64) PATH '$[10]',
    revision CHAR(32) PATH '$[11]',
    version BIGINT PATH '$[12]'
)) AS wanted
