-- For hosts that write userbook_user by statements of their own: a change gets a new revision, so that no update
-- overwrites it and entity tags differ. A deactivation ends the sessions. Every statement of the library sets the revision
-- itself, or writes a date alone.
CREATE OR REPLACE TRIGGER userbook_user_renews_revision BEFORE UPDATE ON userbook_user FOR EACH ROW
BEGIN
    IF NEW.revision = OLD.revision AND NOT (
        NEW.username = OLD.username AND NEW.name = OLD.name AND NEW.email = OLD.email
        AND NEW.is_active = OLD.is_active AND NEW.path = OLD.path AND NEW.type = OLD.type
        AND NEW.attributes = OLD.attributes
    ) THEN
        SET NEW.revision = RANDOM_BYTES(16);
        SET NEW.updated_at = GREATEST(NEW.updated_at, UTC_TIMESTAMP(6));
        IF OLD.is_active AND NOT NEW.is_active THEN
            SET NEW.session_epoch = RANDOM_BYTES(16);
        END IF;
        -- Decisions about the last superuser notice the change.
        IF NEW.is_active <> OLD.is_active OR NEW.type <> OLD.type THEN
            UPDATE userbook_epoch SET value = value + 1 WHERE name = 'superusers';
        END IF;
    END IF;
END
