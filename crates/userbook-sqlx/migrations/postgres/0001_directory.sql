-- Users, groups, memberships, the guard counters and the events of the audit trail.
-- Texts that are compared have the collation "C": byte for byte. JSON is text: json and jsonb refuse \u0000 or
-- change numbers, and no statement looks inside.

CREATE TABLE userbook_user (
    id bigint PRIMARY KEY,
    uuid uuid NOT NULL,
    username text COLLATE "C" NOT NULL CONSTRAINT userbook_user_username UNIQUE,
    name text NOT NULL,
    email text NOT NULL,
    is_active boolean NOT NULL,
    last_login timestamptz,
    path text NOT NULL,
    type text NOT NULL,
    attributes text NOT NULL,
    password_change_date timestamptz NOT NULL,
    revision uuid NOT NULL,
    version bigint NOT NULL,
    -- What memberships refer to.
    CONSTRAINT userbook_user_activity UNIQUE (id, is_active)
);

-- Parents are checked at the commit, so that an import may bring children first.
CREATE TABLE userbook_group (
    id uuid PRIMARY KEY,
    name text COLLATE "C" NOT NULL CONSTRAINT userbook_group_name UNIQUE,
    is_superuser boolean NOT NULL,
    parent uuid CONSTRAINT userbook_group_parent
        REFERENCES userbook_group (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    attributes text NOT NULL
);

CREATE INDEX userbook_group_children ON userbook_group (parent);
CREATE INDEX userbook_group_superuser ON userbook_group (id) WHERE is_superuser;

-- user_active repeats userbook_user.is_active: whether a group has an active member is told by one look into
-- the index, however many inactive ones there are. The foreign key keeps the copy right, whoever writes.
CREATE TABLE userbook_membership (
    user_id bigint NOT NULL,
    group_id uuid NOT NULL CONSTRAINT userbook_membership_group
        REFERENCES userbook_group (id) ON DELETE CASCADE,
    user_active boolean NOT NULL,
    PRIMARY KEY (user_id, group_id),
    CONSTRAINT userbook_membership_user FOREIGN KEY (user_id, user_active)
        REFERENCES userbook_user (id, is_active) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX userbook_membership_of_group ON userbook_membership (group_id, user_active, user_id);

-- Counters that decisions about several rows rely on, and the id of the next user.
CREATE TABLE userbook_epoch (
    name text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);

INSERT INTO userbook_epoch (name, value) VALUES ('graph', 0), ('superusers', 0), ('next_user', 1);

-- No foreign key: events outlive whom they tell of. A user's row, or the graph's counter, is locked while an event
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
