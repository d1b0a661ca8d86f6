-- For hosts that write userbook_user by statements of their own: a change gets a new revision, so that no update
-- overwrites it and entity tags differ. A deactivation ends the sessions. Every statement of the library sets the revision
-- itself, or writes a date alone.
CREATE OR REPLACE FUNCTION userbook_renew_revision() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    NEW.revision := gen_random_uuid();
    NEW.updated_at := greatest(NEW.updated_at, clock_timestamp());
    IF OLD.is_active AND NOT NEW.is_active THEN
        NEW.session_epoch := gen_random_uuid();
    END IF;
    -- Decisions about the last superuser notice the change.
    IF (OLD.is_active, OLD.type) <> (NEW.is_active, NEW.type) THEN
        UPDATE userbook_epoch SET value = value + 1 WHERE name = 'superusers';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER userbook_user_renews_revision BEFORE UPDATE ON userbook_user FOR EACH ROW WHEN (
    NEW.revision = OLD.revision AND (
        OLD.username, OLD.name, OLD.email, OLD.is_active, OLD.path, OLD.type, OLD.attributes
    ) <> (
        NEW.username, NEW.name, NEW.email, NEW.is_active, NEW.path, NEW.type, NEW.attributes
    )
) EXECUTE FUNCTION userbook_renew_revision();
