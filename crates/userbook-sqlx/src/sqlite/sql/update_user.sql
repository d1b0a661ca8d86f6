-- Writes the columns of one user that change, if the row and all else it was decided on still stand. A column
-- whose value is not given keeps what it has now, not what it had when the change was decided.
-- ?1 user, ?2 expected revision, ?3 new revision, ?4 new version, ?5 username, ?6 name, ?7 is_active,
-- ?8 whether last_login changes, ?9 last_login, ?10 email, ?11 attributes, ?12 path, ?13 type,
-- ?14 expected graph, ?15 expected superusers, ?16 actor, ?17 the actor's expected revision
UPDATE userbook_user
SET
    revision = ?3,
    version = ?4,
    username = coalesce(?5, username),
    name = coalesce(?6, name),
    is_active = coalesce(?7, is_active),
    last_login = CASE WHEN ?8 THEN ?9 ELSE last_login END,
    email = coalesce(?10, email),
    attributes = coalesce(?11, attributes),
    path = coalesce(?12, path),
    type = coalesce(?13, type)
WHERE id = ?1
    AND revision = ?2
    AND (?14 IS NULL OR (SELECT value FROM userbook_epoch WHERE name = 'graph') = ?14)
    AND (?15 IS NULL OR (SELECT value FROM userbook_epoch WHERE name = 'superusers') = ?15)
    AND (
        ?16 IS NULL
        OR EXISTS (SELECT 1 FROM userbook_user AS actor WHERE actor.id = ?16 AND actor.revision = ?17)
    )
