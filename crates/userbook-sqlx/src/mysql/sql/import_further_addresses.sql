-- Texts are hexadecimal.
INSERT INTO userbook_further_address (user_id, digest)
SELECT address.user_id, UNHEX(address.digest)
FROM JSON_TABLE(:rows, '$[*]' COLUMNS (
    user_id BIGINT PATH '$[0]',
    digest LONGTEXT PATH '$[1]'
)) AS address
