-- Texts and ids are hexadecimal.
INSERT INTO userbook_group_external_id (group_id, source, identifier)
SELECT
    unhex(entry.value ->> 0),
    CAST(unhex(entry.value ->> 1) AS TEXT),
    CAST(unhex(entry.value ->> 2) AS TEXT)
FROM json_each(:rows) AS entry
