-- A parent may come later. Texts and ids are hexadecimal.
INSERT INTO userbook_group (id, name, is_superuser, parent, attributes, created_at, updated_at, external_ids, twin)
SELECT
    unhex(wanted.value ->> 0),
    CAST(unhex(wanted.value ->> 1) AS TEXT),
    wanted.value ->> 2,
    unhex(wanted.value ->> 3),
    CAST(unhex(wanted.value ->> 4) AS TEXT),
    wanted.value ->> 5,
    wanted.value ->> 6,
    CAST(unhex(wanted.value ->> 7) AS TEXT),
    wanted.value ->> 8
FROM json_each(:rows) AS wanted
