-- Groups without their parents, which may come later.
-- In this order: rows (JSON array of arrays; texts are hexadecimal, so that no text meets the JSON parser)
INSERT INTO userbook_group (id, name, is_superuser, attributes)
SELECT
    UNHEX(wanted.id),
    CONVERT(UNHEX(wanted.name) USING utf8mb4),
    wanted.is_superuser,
    CONVERT(UNHEX(wanted.attributes) USING utf8mb4)
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id CHAR(32) PATH '$[0]',
    name LONGTEXT PATH '$[1]',
    is_superuser TINYINT PATH '$[2]',
    attributes LONGTEXT PATH '$[3]'
)) AS wanted
