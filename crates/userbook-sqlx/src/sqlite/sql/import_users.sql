-- Texts and ids are hexadecimal.
INSERT INTO userbook_user (
    id, uuid, username, name, email, is_active, last_login, path, type, attributes, password_change_date,
    created_at, updated_at, revision, version, session_epoch, external_ids
)
SELECT
    wanted.value ->> 0,
    unhex(wanted.value ->> 1),
    CAST(unhex(wanted.value ->> 2) AS TEXT),
    CAST(unhex(wanted.value ->> 3) AS TEXT),
    CAST(unhex(wanted.value ->> 4) AS TEXT),
    wanted.value ->> 5,
    wanted.value ->> 6,
    CAST(unhex(wanted.value ->> 7) AS TEXT),
    CAST(unhex(wanted.value ->> 8) AS TEXT),
    CAST(unhex(wanted.value ->> 9) AS TEXT),
    wanted.value ->> 10,
    wanted.value ->> 11,
    wanted.value ->> 12,
    unhex(wanted.value ->> 13),
    wanted.value ->> 14,
    unhex(wanted.value ->> 15),
    CAST(unhex(wanted.value ->> 16) AS TEXT)
FROM json_each(:rows) AS wanted
