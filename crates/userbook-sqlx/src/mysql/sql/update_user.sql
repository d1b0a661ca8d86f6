-- Writes the columns of one user that change, if the row still is as it was decided on, and locks the actor's row
-- if that is too: in the order of ids, so that two who change each other do not wait for one another. The caller
-- compares how many rows were found. A column whose value is not given keeps what it has now, not what it had when
-- the change was decided.
-- In this order: actor, user, new revision, user, new version, user, username, user, name, user, is_active,
-- whether last_login changes, user, last_login, user, email, user, attributes, user, path, user, type,
-- user, expected revision, actor, the actor's expected revision
UPDATE userbook_user FORCE INDEX (PRIMARY)
SET
    relied_on = relied_on + (id <=> ?),
    revision = IF(id = ?, ?, revision),
    version = IF(id = ?, ?, version),
    username = IF(id = ?, COALESCE(?, username), username),
    name = IF(id = ?, COALESCE(?, name), name),
    is_active = IF(id = ?, COALESCE(?, is_active), is_active),
    last_login = IF(? AND id = ?, ?, last_login),
    email = IF(id = ?, COALESCE(?, email), email),
    attributes = IF(id = ?, COALESCE(?, attributes), attributes),
    path = IF(id = ?, COALESCE(?, path), path),
    type = IF(id = ?, COALESCE(?, type), type)
WHERE (id = ? AND revision = ?) OR (id = ? AND revision = ?)
