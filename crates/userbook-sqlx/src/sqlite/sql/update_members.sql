-- Writes the rows of members that still have their revision.
UPDATE userbook_user
SET
    revision = unhex(wanted.value ->> 2),
    version = wanted.value ->> 3,
    updated_at = wanted.value ->> 4,
    session_epoch = coalesce(unhex(wanted.value ->> 5), session_epoch)
FROM json_each(:rows) AS wanted
WHERE userbook_user.id = wanted.value ->> 0 AND userbook_user.revision = unhex(wanted.value ->> 1)
