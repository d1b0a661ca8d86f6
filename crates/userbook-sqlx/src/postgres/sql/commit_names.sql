-- commit_fields.sql for an update with a new username or e-mail address.
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
claimed AS (
    INSERT INTO userbook_claim (user_id, namespace, digest, is_exclusive)
    SELECT updated.id, claim.namespace, claim.digest, claim.is_exclusive
    FROM updated CROSS JOIN (
        VALUES
            ('login', :changes_login::boolean, :login_digest::text, :login_is_exclusive::boolean),
            ('email', :changes_email::boolean, :email_digest::text, :email_is_exclusive::boolean)
    ) AS claim (namespace, changes, digest, is_exclusive)
    WHERE claim.changes
    ON CONFLICT (user_id, namespace) DO UPDATE SET digest = excluded.digest, is_exclusive = excluded.is_exclusive
),
event AS (
    INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
    SELECT :event_id, :event_kind, :event_user, :event_group, :event_version, :event_time, :event_body FROM updated
)
SELECT EXISTS (TABLE updated) AS applied, EXISTS (SELECT FROM userbook_user WHERE id = :user) AS is_there
