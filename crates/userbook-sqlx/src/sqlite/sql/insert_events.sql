-- ?1 events (JSON array of arrays: change id in hexadecimal, kind, user, group in hexadecimal, version, moment, the event
-- as JSON text)
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
SELECT
    unhex(event.value ->> 0),
    event.value ->> 1,
    event.value ->> 2,
    unhex(event.value ->> 3),
    event.value ->> 4,
    event.value ->> 5,
    event.value ->> 6
FROM json_each(?1) AS event
ORDER BY event.key
