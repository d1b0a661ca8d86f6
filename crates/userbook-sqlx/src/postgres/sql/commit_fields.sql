-- Applies an update that changes columns of one user and relies on nothing else: no counter, no actor, no group.
-- It does what the statement for all updates does, and its plan is a tenth as large, which is what most updates
-- spend their time on. A writer that had the row first has given it another revision, and nothing is found.
-- $1 user, $2 expected revision, $3 new revision, $4 new version, $5 username, $6 name, $7 is_active,
-- $8 whether last_login changes, $9 last_login, $10 email, $11 attributes, $12 path, $13 type,
-- $14 the event's id, $15 kind, $16 user, $17 group, $18 version, $19 moment, $20 the event as JSON
WITH
taken (is_taken) AS (
    SELECT EXISTS (SELECT FROM userbook_user WHERE username = $5 AND id <> $1)
),
updated AS (
    UPDATE userbook_user
    SET
        revision = $3,
        version = $4,
        username = coalesce($5, username),
        name = coalesce($6, name),
        is_active = coalesce($7, is_active),
        last_login = CASE WHEN $8 THEN $9 ELSE last_login END,
        email = coalesce($10, email),
        attributes = coalesce($11, attributes),
        path = coalesce($12, path),
        type = coalesce($13, type)
    WHERE id = $1 AND revision = $2 AND NOT (SELECT is_taken FROM taken)
    RETURNING id
),
event AS (
    INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
    SELECT $14, $15, $16, $17, $18, $19, $20 FROM updated
)
SELECT EXISTS (TABLE updated) AS applied, EXISTS (SELECT FROM userbook_user WHERE id = $1) AS is_there
