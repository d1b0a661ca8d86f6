-- Texts and ids are hexadecimal.
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
SELECT
    unhex(event.value ->> 0),
    CAST(unhex(event.value ->> 1) AS TEXT),
    event.value ->> 2,
    unhex(event.value ->> 3),
    event.value ->> 4,
    event.value ->> 5,
    CAST(unhex(event.value ->> 6) AS TEXT)
FROM json_each(:rows) AS event
ORDER BY event.key
