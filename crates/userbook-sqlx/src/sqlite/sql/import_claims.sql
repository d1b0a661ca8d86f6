-- Texts are hexadecimal.
INSERT INTO userbook_claim (user_id, namespace, digest, is_exclusive)
SELECT
    claim.value ->> 0,
    CAST(unhex(claim.value ->> 1) AS TEXT),
    CAST(unhex(claim.value ->> 2) AS TEXT),
    claim.value ->> 3
FROM json_each(:rows) AS claim
