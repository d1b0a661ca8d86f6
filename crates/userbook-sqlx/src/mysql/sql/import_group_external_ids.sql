-- Texts and ids are hexadecimal: MariaDB's JSON parser changes some texts.
INSERT INTO userbook_group_external_id (group_id, source, identifier)
SELECT UNHEX(entry.owner), CONVERT(UNHEX(entry.source) USING ascii), UNHEX(entry.identifier)
FROM JSON_TABLE(:rows, '$[*]' COLUMNS (
    owner CHAR(32) PATH '$[0]',
    source VARCHAR(256) PATH '$[1]',
    identifier LONGTEXT PATH '$[2]'
)) AS entry
