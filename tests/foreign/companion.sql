-- What Userbook needs beside authentik's tables, and triggers that keep it true when another program writes them.
CREATE TABLE companion_user (
    user_id integer PRIMARY KEY REFERENCES authentik_core_user (id) ON DELETE CASCADE,
    revision uuid NOT NULL DEFAULT gen_random_uuid(),
    version bigint NOT NULL DEFAULT 1,
    session_epoch uuid NOT NULL DEFAULT gen_random_uuid(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    external_ids jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE companion_group (
    group_id uuid PRIMARY KEY REFERENCES authentik_core_group (group_uuid) ON DELETE CASCADE,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    external_ids jsonb NOT NULL DEFAULT '{}'
);

-- Folded names. The key of a name that another program wrote is only an approximation of the fold.
CREATE TABLE companion_claim (
    user_id integer NOT NULL REFERENCES authentik_core_user (id) ON DELETE CASCADE,
    namespace text NOT NULL,
    key text NOT NULL,
    exclusive boolean NOT NULL,
    PRIMARY KEY (user_id, namespace)
);
CREATE INDEX companion_claim_key ON companion_claim (key);

CREATE TABLE companion_counter (name text PRIMARY KEY, value bigint NOT NULL);
INSERT INTO companion_counter VALUES ('graph', 1), ('superusers', 1);

CREATE TABLE companion_event (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    time timestamp with time zone NOT NULL,
    body text NOT NULL,
    is_pending boolean NOT NULL DEFAULT true
);

-- Userbook's own transactions set this, and write the companion tables themselves.
CREATE FUNCTION is_own() RETURNS boolean LANGUAGE sql AS $$ SELECT current_setting('companion.own', true) = 'on' $$;

CREATE FUNCTION count_superusers() RETURNS void LANGUAGE sql AS $$
    UPDATE companion_counter SET value = value + 1 WHERE name = 'superusers';
$$;

CREATE FUNCTION user_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO companion_user (user_id) VALUES (NEW.id);
    INSERT INTO companion_claim VALUES
        (NEW.id, 'login', lower(normalize(NEW.username, NFKC)), false),
        (NEW.id, 'email', lower(normalize(NEW.email, NFKC)), false);
    RETURN NULL;
END $$;
CREATE TRIGGER user_inserted AFTER INSERT ON authentik_core_user FOR EACH ROW EXECUTE FUNCTION user_inserted();

-- A login and a change of the password keep the revision.
CREATE FUNCTION user_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_own() THEN RETURN NULL; END IF;
    PERFORM count_superusers();
    UPDATE companion_user
    SET revision = gen_random_uuid(), version = version + 1, updated_at = now(),
        session_epoch = CASE WHEN NEW.is_active THEN session_epoch ELSE gen_random_uuid() END
    WHERE user_id = NEW.id;
    UPDATE companion_claim SET key = lower(normalize(NEW.username, NFKC)), exclusive = false
    WHERE user_id = NEW.id AND namespace = 'login' AND OLD.username <> NEW.username;
    UPDATE companion_claim SET key = lower(normalize(NEW.email, NFKC)), exclusive = false
    WHERE user_id = NEW.id AND namespace = 'email' AND OLD.email <> NEW.email;
    RETURN NULL;
END $$;
CREATE TRIGGER user_updated AFTER UPDATE OF username, name, email, is_active, path, type, attributes
ON authentik_core_user FOR EACH ROW EXECUTE FUNCTION user_updated();

CREATE FUNCTION membership_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_own() THEN RETURN NULL; END IF;
    PERFORM count_superusers();
    UPDATE companion_user
    SET revision = gen_random_uuid(), version = version + 1, updated_at = now(), session_epoch = gen_random_uuid()
    WHERE user_id = coalesce(NEW.user_id, OLD.user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER membership_changed AFTER INSERT OR UPDATE OR DELETE ON authentik_core_user_ak_groups
FOR EACH ROW EXECUTE FUNCTION membership_changed();

CREATE FUNCTION group_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN INSERT INTO companion_group (group_id) VALUES (NEW.group_uuid); END IF;
    IF is_own() THEN RETURN NULL; END IF;
    UPDATE companion_counter SET value = value + 1;
    UPDATE companion_group SET updated_at = now() WHERE group_id = coalesce(NEW.group_uuid, OLD.group_uuid);
    RETURN NULL;
END $$;
CREATE TRIGGER group_changed AFTER INSERT OR UPDATE OR DELETE ON authentik_core_group
FOR EACH ROW EXECUTE FUNCTION group_changed();
