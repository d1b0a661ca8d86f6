-- Users, groups, memberships, row counts, the guard counters and the events of the audit trail.
-- Moments are microseconds since 1970 (UTC), UUIDs are blobs of 16 bytes, JSON is text.
--
-- can_act of a user: 0 cannot act (inactive, internal_service_account, or AnonymousUser), 1 service account, 2 person.
-- session_epoch of a user: any new value ends the sessions that carry the old one.
-- external_ids: an object with an identifier or null for each external source; the rows of userbook_user_external_id and
-- userbook_group_external_id repeat it.

-- 'USRB': marks the file as Userbook's.
PRAGMA application_id = 1431523906;

CREATE TABLE userbook_user (
    id INTEGER PRIMARY KEY,
    uuid BLOB NOT NULL UNIQUE,
    username TEXT NOT NULL COLLATE BINARY UNIQUE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    last_login INTEGER,
    path TEXT NOT NULL,
    type TEXT NOT NULL,
    attributes TEXT NOT NULL,
    password_change_date INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision BLOB NOT NULL,
    version INTEGER NOT NULL,
    session_epoch BLOB NOT NULL,
    external_ids TEXT NOT NULL DEFAULT '{}',
    can_act INTEGER NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN is_active = 0 OR username = 'AnonymousUser' THEN 0
            WHEN type = 'service_account' THEN 1
            WHEN type IN ('internal', 'external') THEN 2
            ELSE 0
        END
    ) VIRTUAL
) STRICT;

-- Paths, types and activity are shared by many: those come in the order in which they are listed. last_login has no
-- index, for hosts write it at each login.
CREATE INDEX userbook_user_email ON userbook_user (email);
CREATE INDEX userbook_user_name ON userbook_user (name);
CREATE INDEX userbook_user_path ON userbook_user (path, username);
CREATE INDEX userbook_user_type ON userbook_user (type, username);
CREATE INDEX userbook_user_active ON userbook_user (is_active, username);
CREATE INDEX userbook_user_created ON userbook_user (created_at, id);
CREATE INDEX userbook_user_updated ON userbook_user (updated_at, id);

-- Parents are checked at the commit, so that an import may bring children first.
CREATE TABLE userbook_group (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL COLLATE BINARY,
    -- Names are unique, but an import may bring several groups with one name: this column numbers them.
    twin INTEGER NOT NULL DEFAULT 0,
    is_superuser INTEGER NOT NULL CHECK (is_superuser IN (0, 1)),
    parent BLOB REFERENCES userbook_group (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    external_ids TEXT NOT NULL DEFAULT '{}',
    UNIQUE (name, twin)
) STRICT;

CREATE INDEX userbook_group_parent ON userbook_group (parent);
CREATE INDEX userbook_group_superuser ON userbook_group (id) WHERE is_superuser = 1;
CREATE INDEX userbook_group_created ON userbook_group (created_at, id);
CREATE INDEX userbook_group_updated ON userbook_group (updated_at, id);

-- can_act repeats userbook_user.can_act: one look into the index finds a member who can act, however many others there
-- are. A group with members cannot be deleted.
CREATE TABLE userbook_membership (
    user_id INTEGER NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    group_id BLOB NOT NULL REFERENCES userbook_group (id),
    can_act INTEGER NOT NULL,
    PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX userbook_membership_group ON userbook_membership (group_id, can_act, user_id);

-- A trigger rather than a statement of the store keeps the copy right for every writer.
CREATE TRIGGER userbook_user_can_act AFTER UPDATE OF is_active, type, username ON userbook_user
WHEN old.can_act <> new.can_act
BEGIN
    UPDATE userbook_membership SET can_act = new.can_act WHERE user_id = new.id;
END;

-- Digests of folded usernames and e-mail addresses. A user has at most one in each namespace ('login', 'email'), and no
-- two rows have the same digest as an exclusive one. is_exclusive is true or NULL: NULLs are not duplicates.
CREATE TABLE userbook_claim (
    user_id INTEGER NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    namespace TEXT NOT NULL,
    digest TEXT,
    is_exclusive INTEGER CHECK (is_exclusive = 1),
    PRIMARY KEY (user_id, namespace),
    UNIQUE (digest, is_exclusive)
) STRICT, WITHOUT ROWID;

-- Digests of the folded addresses in the member 'emails' of the attributes; the digest of the empty text stands for
-- very many addresses.
CREATE TABLE userbook_further_address (
    user_id INTEGER NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    PRIMARY KEY (user_id, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX userbook_further_address_digest ON userbook_further_address (digest);

-- The sources that manage a user or a group. An identifier is unique within its source, for users and for groups.
CREATE TABLE userbook_user_external_id (
    user_id INTEGER NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    identifier TEXT COLLATE BINARY,
    PRIMARY KEY (user_id, source),
    UNIQUE (source, identifier)
) STRICT, WITHOUT ROWID;

CREATE TABLE userbook_group_external_id (
    group_id BLOB NOT NULL REFERENCES userbook_group (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    identifier TEXT COLLATE BINARY,
    PRIMARY KEY (group_id, source),
    UNIQUE (source, identifier)
) STRICT, WITHOUT ROWID;

-- Counters that decisions about several rows rely on, and the id of the next user.
CREATE TABLE userbook_epoch (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO userbook_epoch (name, value) VALUES ('graph', 0), ('superusers', 0), ('next_user', 1);

-- No foreign key: events outlive their users. AUTOINCREMENT: positions of deleted events are not used again.
CREATE TABLE userbook_event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    user_id INTEGER,
    group_id BLOB,
    version INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    acked_at INTEGER
) STRICT;

CREATE INDEX userbook_event_pending ON userbook_event (seq) WHERE acked_at IS NULL;
CREATE INDEX userbook_event_acked ON userbook_event (occurred_at) WHERE acked_at IS NOT NULL;

CREATE TABLE userbook_install (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    install_id TEXT NOT NULL
) STRICT;

-- How many rows there are: counting them would look at each. Triggers keep it right for every writer.
CREATE TABLE userbook_count (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO userbook_count (name, value) VALUES ('users', 0), ('groups', 0);

CREATE TRIGGER userbook_user_inserted AFTER INSERT ON userbook_user
BEGIN
    UPDATE userbook_count SET value = value + 1 WHERE name = 'users';
END;

CREATE TRIGGER userbook_user_deleted AFTER DELETE ON userbook_user
BEGIN
    UPDATE userbook_count SET value = value - 1 WHERE name = 'users';
END;

CREATE TRIGGER userbook_group_inserted AFTER INSERT ON userbook_group
BEGIN
    UPDATE userbook_count SET value = value + 1 WHERE name = 'groups';
END;

CREATE TRIGGER userbook_group_deleted AFTER DELETE ON userbook_group
BEGIN
    UPDATE userbook_count SET value = value - 1 WHERE name = 'groups';
END;
