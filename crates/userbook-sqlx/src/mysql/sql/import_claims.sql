-- Texts are hexadecimal.
INSERT INTO userbook_claim (user_id, namespace, digest, is_exclusive)
SELECT claim.user_id, UNHEX(claim.namespace), UNHEX(claim.digest), claim.is_exclusive
FROM JSON_TABLE(:rows, '$[*]' COLUMNS (
    user_id BIGINT PATH '$[0]',
    namespace LONGTEXT PATH '$[1]',
    digest LONGTEXT PATH '$[2]',
    is_exclusive INT PATH '$[3]'
)) AS claim
