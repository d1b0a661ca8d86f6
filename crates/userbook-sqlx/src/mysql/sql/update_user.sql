-- Writes the columns of one user that change, if the row still is as it was decided on, and locks the actor's row
-- if that is too: in the order of ids, so that two who change each other do not wait for one another. The caller
-- compares how many rows were found. A column whose value is not given keeps what it has now, not what it had when
-- the change was decided.
UPDATE userbook_user FORCE INDEX (PRIMARY)
SET
    relied_on = relied_on + (id <=> :actor),
    revision = IF(id = :user, :revision, revision),
    version = IF(id = :user, :version, version),
    username = IF(id = :user, COALESCE(:username, username), username),
    name = IF(id = :user, COALESCE(:name, name), name),
    is_active = IF(id = :user, COALESCE(:is_active, is_active), is_active),
    last_login = IF(:sets_last_login AND id = :user, :last_login, last_login),
    email = IF(id = :user, COALESCE(:email, email), email),
    attributes = IF(id = :user, COALESCE(:attributes, attributes), attributes),
    path = IF(id = :user, COALESCE(:path, path), path),
    type = IF(id = :user, COALESCE(:type, type), type)
WHERE (id = :user AND revision = :expected) OR (id = :actor AND revision = :actor_revision)
