-- Groups without parents, which may come later. Texts and ids are hexadecimal: MariaDB's JSON parser changes some
-- texts.
INSERT INTO userbook_group (id, name, is_superuser, attributes, created_at, updated_at, external_ids, twin)
SELECT
    UNHEX(wanted.id),
    CONVERT(UNHEX(wanted.name) USING utf8mb4),
    wanted.is_superuser,
    CONVERT(UNHEX(wanted.attributes) USING utf8mb4),
    TIMESTAMP'1970-01-01 00:00:00' + INTERVAL wanted.created_at MICROSECOND,
    TIMESTAMP'1970-01-01 00:00:00' + INTERVAL wanted.updated_at MICROSECOND,
    CONVERT(UNHEX(wanted.external_ids) USING utf8mb4),
    wanted.twin
FROM JSON_TABLE(:rows, '$[*]' COLUMNS (
    id CHAR(32) PATH '$[0]',
    name LONGTEXT PATH '$[1]',
    is_superuser TINYINT PATH '$[2]',
    attributes LONGTEXT PATH '$[4]',
    created_at BIGINT PATH '$[5]',
    updated_at BIGINT PATH '$[6]',
    external_ids LONGTEXT PATH '$[7]',
    twin BIGINT PATH '$[8]'
)) AS wanted
