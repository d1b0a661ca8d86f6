-- Users, groups, memberships, the guard counters and the events of the audit trail.
-- Moments are microseconds since 1970 (UTC), UUIDs are blobs of 16 bytes, JSON is text.

CREATE TABLE userbook_user (
    id INTEGER PRIMARY KEY,
    uuid BLOB NOT NULL,
    username TEXT NOT NULL COLLATE BINARY UNIQUE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    last_login INTEGER,
    path TEXT NOT NULL,
    type TEXT NOT NULL,
    attributes TEXT NOT NULL,
    password_change_date INTEGER NOT NULL,
    revision BLOB NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- Parents are checked at the commit, so that an import may bring children first.
CREATE TABLE userbook_group (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL COLLATE BINARY UNIQUE,
    is_superuser INTEGER NOT NULL CHECK (is_superuser IN (0, 1)),
    parent BLOB REFERENCES userbook_group (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    attributes TEXT NOT NULL
) STRICT;

CREATE INDEX userbook_group_parent ON userbook_group (parent);
CREATE INDEX userbook_group_superuser ON userbook_group (id) WHERE is_superuser = 1;

-- user_active repeats userbook_user.is_active: whether a group has an active member is told by one look into
-- the index, however many inactive ones there are.
CREATE TABLE userbook_membership (
    user_id INTEGER NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    group_id BLOB NOT NULL REFERENCES userbook_group (id) ON DELETE CASCADE,
    user_active INTEGER NOT NULL,
    PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX userbook_membership_group ON userbook_membership (group_id, user_active, user_id);

-- A trigger rather than a statement of the store, so that the copy is right whoever writes the original.
CREATE TRIGGER userbook_user_activity AFTER UPDATE OF is_active ON userbook_user
WHEN old.is_active <> new.is_active
BEGIN
    UPDATE userbook_membership SET user_active = new.is_active WHERE user_id = new.id;
END;

-- Counters that decisions about several rows rely on, and the id of the next user.
CREATE TABLE userbook_epoch (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO userbook_epoch (name, value) VALUES ('graph', 0), ('superusers', 0), ('next_user', 1);

-- No foreign key: events outlive whom they tell of.
CREATE TABLE userbook_event (
    seq INTEGER PRIMARY KEY,
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
