-- Writes the changed columns of one user if the row has the expected revision and the guards hold. A column without a
-- value keeps its current value.
UPDATE userbook_user
SET
    revision = :revision,
    version = :version,
    updated_at = :event_time,
    session_epoch = coalesce(:session_epoch, session_epoch),
    username = coalesce(:username, username),
    name = coalesce(:name, name),
    is_active = coalesce(:is_active, is_active),
    last_login = CASE WHEN :sets_last_login THEN :last_login ELSE last_login END,
    password_change_date = coalesce(:password_change_date, password_change_date),
    email = coalesce(:email, email),
    attributes = coalesce(:attributes, attributes),
    external_ids = coalesce(:external_ids, external_ids),
    path = coalesce(:path, path),
    type = coalesce(:type, type)
WHERE id = :user
    AND revision = :expected
    AND (:graph IS NULL OR (SELECT value FROM userbook_epoch WHERE name = 'graph') = :graph)
    AND (:superusers IS NULL OR (SELECT value FROM userbook_epoch WHERE name = 'superusers') = :superusers)
    AND (
        :actor IS NULL
        OR EXISTS (SELECT 1 FROM userbook_user AS actor WHERE actor.id = :actor AND actor.revision = :actor_revision)
    )
