-- Texts and ids are hexadecimal: MariaDB's JSON parser changes some texts. Times are microseconds since 1970.
INSERT INTO userbook_user (
    id, uuid, username, name, email, is_active, last_login, path, type, attributes, password_change_date,
    created_at, updated_at, revision, version, session_epoch, external_ids
)
SELECT
    wanted.id,
    UNHEX(wanted.uuid),
    UNHEX(wanted.username),
    CONVERT(UNHEX(wanted.name) USING utf8mb4),
    CONVERT(UNHEX(wanted.email) USING utf8mb4),
    wanted.is_active,
    TIMESTAMP'1970-01-01 00:00:00' + INTERVAL wanted.last_login MICROSECOND,
    CONVERT(UNHEX(wanted.path) USING utf8mb4),
    CONVERT(UNHEX(wanted.type) USING utf8mb4),
    CONVERT(UNHEX(wanted.attributes) USING utf8mb4),
    TIMESTAMP'1970-01-01 00:00:00' + INTERVAL wanted.password_change_date MICROSECOND,
    TIMESTAMP'1970-01-01 00:00:00' + INTERVAL wanted.created_at MICROSECOND,
    TIMESTAMP'1970-01-01 00:00:00' + INTERVAL wanted.updated_at MICROSECOND,
    UNHEX(wanted.revision),
    wanted.version,
    UNHEX(wanted.session_epoch),
    CONVERT(UNHEX(wanted.external_ids) USING utf8mb4)
FROM JSON_TABLE(:rows, '$[*]' COLUMNS (
    id BIGINT PATH '$[0]',
    uuid CHAR(32) PATH '$[1]',
    username LONGTEXT PATH '$[2]',
    name LONGTEXT PATH '$[3]',
    email LONGTEXT PATH '$[4]',
    is_active TINYINT PATH '$[5]',
    last_login BIGINT PATH '$[6]',
    path LONGTEXT PATH '$[7]',
    type LONGTEXT PATH '$[8]',
    attributes LONGTEXT PATH '$[9]',
    password_change_date BIGINT PATH '$[10]',
    created_at BIGINT PATH '$[11]',
    updated_at BIGINT PATH '$[12]',
    revision CHAR(32) PATH '$[13]',
    version BIGINT PATH '$[14]',
    session_epoch CHAR(32) PATH '$[15]',
    external_ids LONGTEXT PATH '$[16]'
)) AS wanted
