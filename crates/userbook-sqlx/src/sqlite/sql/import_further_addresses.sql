-- Texts are hexadecimal.
INSERT INTO userbook_further_address (user_id, digest)
SELECT address.value ->> 0, CAST(unhex(address.value ->> 1) AS TEXT)
FROM json_each(:rows) AS address
