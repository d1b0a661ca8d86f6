-- Writes the changed columns of one user if the row has the expected revision, and locks the actor's row under the
-- same condition. Rows are locked in the order of ids, so that two users who change each other do not deadlock. The
-- caller compares the number of rows. A column without a value keeps its current value.
UPDATE userbook_user FORCE INDEX (PRIMARY)
SET
    relied_on = relied_on + (id <=> :actor),
    revision = IF(id = :user, :revision, revision),
    version = IF(id = :user, :version, version),
    updated_at = IF(id = :user, :event_time, updated_at),
    session_epoch = IF(id = :user, COALESCE(:session_epoch, session_epoch), session_epoch),
    username = IF(id = :user, COALESCE(:username, username), username),
    name = IF(id = :user, COALESCE(:name, name), name),
    is_active = IF(id = :user, COALESCE(:is_active, is_active), is_active),
    last_login = IF(:sets_last_login AND id = :user, :last_login, last_login),
    password_change_date = IF(id = :user, COALESCE(:password_change_date, password_change_date), password_change_date),
    email = IF(id = :user, COALESCE(:email, email), email),
    attributes = IF(id = :user, COALESCE(:attributes, attributes), attributes),
    external_ids = IF(id = :user, COALESCE(:external_ids, external_ids), external_ids),
    path = IF(id = :user, COALESCE(:path, path), path),
    type = IF(id = :user, COALESCE(:type, type), type)
WHERE (id = :user AND revision = :expected) OR (id = :actor AND revision = :actor_revision)
