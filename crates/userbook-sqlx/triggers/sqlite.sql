-- For hosts that write userbook_user by statements of their own: a change gets a new revision, so that no update
-- overwrites it and entity tags differ. A deactivation ends the sessions. Every statement of the library sets the revision
-- itself, or writes a date alone.
CREATE TRIGGER IF NOT EXISTS userbook_user_renews_revision AFTER UPDATE ON userbook_user
WHEN new.revision = old.revision AND (
    old.username, old.name, old.email, old.is_active, old.path, old.type, old.attributes
) <> (
    new.username, new.name, new.email, new.is_active, new.path, new.type, new.attributes
)
BEGIN
    UPDATE userbook_user
    SET
        revision = randomblob(16),
        updated_at = max(updated_at, CAST(unixepoch('subsec') * 1000000 AS INTEGER)),
        session_epoch = CASE WHEN old.is_active AND NOT new.is_active THEN randomblob(16) ELSE session_epoch END
    WHERE id = new.id;
    -- Decisions about the last superuser notice the change.
    UPDATE userbook_epoch SET value = value + 1
    WHERE name = 'superusers' AND (old.is_active, old.type) <> (new.is_active, new.type);
END;
