-- Users, groups, memberships, row counts, the guard counters and the events of the audit trail.
-- Texts that are compared have the collation "C": byte for byte. JSON is text: json and jsonb refuse \u0000 or
-- change numbers, and no statement looks inside.
--
-- can_act of a user: 0 cannot act (inactive, internal_service_account, or AnonymousUser), 1 service account, 2 person.
-- session_epoch of a user: any new value ends the sessions that carry the old one.
-- external_ids: an object with an identifier or null for each external source; the rows of userbook_user_external_id and
-- userbook_group_external_id repeat it.

CREATE TABLE userbook_user (
    id bigint PRIMARY KEY,
    uuid uuid NOT NULL CONSTRAINT userbook_user_uuid UNIQUE,
    username text COLLATE "C" NOT NULL CONSTRAINT userbook_user_username UNIQUE,
    name text NOT NULL,
    email text NOT NULL,
    is_active boolean NOT NULL,
    last_login timestamptz,
    path text NOT NULL,
    type text NOT NULL,
    attributes text NOT NULL,
    password_change_date timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision uuid NOT NULL,
    version bigint NOT NULL,
    session_epoch uuid NOT NULL,
    external_ids text NOT NULL DEFAULT '{}',
    can_act smallint NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN NOT is_active OR username = 'AnonymousUser' THEN 0
            WHEN type = 'service_account' THEN 1
            WHEN type IN ('internal', 'external') THEN 2
            ELSE 0
        END
    ) STORED,
    -- The target of the foreign key of memberships.
    CONSTRAINT userbook_user_can_act UNIQUE (id, can_act)
);

-- Only the beginnings of texts that have no bound, for an entry of an index has one. Paths, types and activity are
-- shared by many: those come in the order in which they are listed. last_login has no index, for hosts write it at
-- each login.
CREATE INDEX userbook_user_email ON userbook_user ((left(email, 256) COLLATE "C"));
CREATE INDEX userbook_user_name ON userbook_user ((left(name, 256) COLLATE "C"));
CREATE INDEX userbook_user_path ON userbook_user ((left(path, 256) COLLATE "C"), username);
CREATE INDEX userbook_user_type ON userbook_user (type, username);
CREATE INDEX userbook_user_active ON userbook_user (is_active, username);
CREATE INDEX userbook_user_created ON userbook_user (created_at, id);
CREATE INDEX userbook_user_updated ON userbook_user (updated_at, id);

-- Parents are checked at the commit, so that an import may bring children first.
CREATE TABLE userbook_group (
    id uuid PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    -- Names are unique, but an import may bring several groups with one name: this column numbers them.
    twin bigint NOT NULL DEFAULT 0,
    is_superuser boolean NOT NULL,
    parent uuid CONSTRAINT userbook_group_parent
        REFERENCES userbook_group (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    attributes text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    external_ids text NOT NULL DEFAULT '{}',
    CONSTRAINT userbook_group_name UNIQUE (name, twin)
);

CREATE INDEX userbook_group_children ON userbook_group (parent);
CREATE INDEX userbook_group_superuser ON userbook_group (id) WHERE is_superuser;
CREATE INDEX userbook_group_created ON userbook_group (created_at, id);
CREATE INDEX userbook_group_updated ON userbook_group (updated_at, id);

-- can_act repeats userbook_user.can_act: one look into the index finds a member who can act, however many others there
-- are. The foreign key keeps the copy right for every writer. A group with members cannot be deleted.
CREATE TABLE userbook_membership (
    user_id bigint NOT NULL,
    group_id uuid NOT NULL CONSTRAINT userbook_membership_group REFERENCES userbook_group (id),
    can_act smallint NOT NULL,
    PRIMARY KEY (user_id, group_id),
    CONSTRAINT userbook_membership_user FOREIGN KEY (user_id, can_act)
        REFERENCES userbook_user (id, can_act) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX userbook_membership_of_group ON userbook_membership (group_id, can_act, user_id);

-- Digests of folded usernames and e-mail addresses. A user has at most one in each namespace ('login', 'email'), and no
-- two rows have the same digest as an exclusive one. is_exclusive is true or NULL: NULLs are not duplicates. The key is
-- compared at the end of each statement, because a statement may move a digest from one row of a user to the other.
CREATE TABLE userbook_claim (
    user_id bigint NOT NULL CONSTRAINT userbook_claim_user REFERENCES userbook_user (id) ON DELETE CASCADE,
    namespace text COLLATE "C" NOT NULL,
    digest text COLLATE "C",
    is_exclusive boolean CHECK (is_exclusive),
    PRIMARY KEY (user_id, namespace),
    CONSTRAINT userbook_claim_key UNIQUE (digest, is_exclusive) DEFERRABLE INITIALLY IMMEDIATE
);

-- Digests of the folded addresses in the member 'emails' of the attributes; the digest of the empty text stands for
-- very many addresses.
CREATE TABLE userbook_further_address (
    user_id bigint NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    digest text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, digest)
);

CREATE INDEX userbook_further_address_digest ON userbook_further_address (digest);

-- The sources that manage a user or a group. An identifier is unique within its source, for users and for groups.
CREATE TABLE userbook_user_external_id (
    user_id bigint NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    source text COLLATE "C" NOT NULL,
    identifier text COLLATE "C",
    PRIMARY KEY (user_id, source),
    CONSTRAINT userbook_user_external_id_taken UNIQUE (source, identifier)
);

CREATE TABLE userbook_group_external_id (
    group_id uuid NOT NULL REFERENCES userbook_group (id) ON DELETE CASCADE,
    source text COLLATE "C" NOT NULL,
    identifier text COLLATE "C",
    PRIMARY KEY (group_id, source),
    CONSTRAINT userbook_group_external_id_taken UNIQUE (source, identifier)
);

-- Counters that decisions about several rows rely on, and the id of the next user.
CREATE TABLE userbook_epoch (
    name text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);

INSERT INTO userbook_epoch (name, value) VALUES ('graph', 0), ('superusers', 0), ('next_user', 1);

-- No foreign key: events outlive their users. A user's row, or the graph's counter, is locked while an event
-- about it gets its number, so numbers rise with the versions of one user.
CREATE TABLE userbook_event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL CONSTRAINT userbook_event_id UNIQUE,
    kind text NOT NULL,
    user_id bigint,
    group_id uuid,
    version bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    body text NOT NULL,
    acked_at timestamptz
);

CREATE INDEX userbook_event_pending ON userbook_event (seq) WHERE acked_at IS NULL;
CREATE INDEX userbook_event_acked ON userbook_event (occurred_at) WHERE acked_at IS NOT NULL;

CREATE TABLE userbook_install (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    install_id text NOT NULL
);

-- How many rows there are: counting them would look at each. Triggers keep it right for every writer.
CREATE TABLE userbook_count (
    name text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);

-- Run once a statement, and writes only if rows came or went. It finds the tables where this migration puts them,
-- whatever the search path is later.
CREATE FUNCTION userbook_count_rows() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    difference bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE userbook_count SET value = 0 WHERE name = TG_ARGV[0];
        RETURN NULL;
    END IF;
    SELECT CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END INTO difference FROM changed;
    IF difference <> 0 THEN
        UPDATE userbook_count SET value = value + difference WHERE name = TG_ARGV[0];
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER userbook_user_inserted AFTER INSERT ON userbook_user
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('users');
CREATE TRIGGER userbook_user_deleted AFTER DELETE ON userbook_user
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('users');
CREATE TRIGGER userbook_user_truncated AFTER TRUNCATE ON userbook_user
    FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('users');
CREATE TRIGGER userbook_group_inserted AFTER INSERT ON userbook_group
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('groups');
CREATE TRIGGER userbook_group_deleted AFTER DELETE ON userbook_group
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('groups');
CREATE TRIGGER userbook_group_truncated AFTER TRUNCATE ON userbook_group
    FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('groups');

INSERT INTO userbook_count (name, value) VALUES ('users', 0), ('groups', 0);
