-- Applies an update that changes columns of one user and depends on nothing else: no counter, no actor, no group. The
-- effect is that of commit.sql. The plan is a tenth as large, and its cost dominates most updates. After a concurrent
-- write the row has another revision and is not found.
WITH
taken (is_taken) AS (
    SELECT EXISTS (SELECT FROM userbook_user WHERE username = :username AND id <> :user)
),
updated AS (
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
    WHERE id = :user AND revision = :expected AND NOT (SELECT is_taken FROM taken)
    RETURNING id
),
event AS (
    INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
    SELECT :event_id, :event_kind, :event_user, :event_group, :event_version, :event_time, :event_body FROM updated
)
SELECT EXISTS (TABLE updated) AS applied, EXISTS (SELECT FROM userbook_user WHERE id = :user) AS is_there
