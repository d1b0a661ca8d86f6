-- Tokens by the hash of their key, and granted permissions. Both are deleted with their user. Names of permissions are
-- kept as they came.
CREATE TABLE userbook_server_token (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    user_id INTEGER NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    identifier TEXT NOT NULL UNIQUE,
    intent TEXT NOT NULL,
    expiring INTEGER NOT NULL CHECK (expiring IN (0, 1)),
    -- Microseconds since 1970; counts only for a token that is expiring.
    expires INTEGER
) WITHOUT ROWID;

-- On everything where both columns are NULL.
CREATE TABLE userbook_server_grant (
    user_id INTEGER NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    on_user INTEGER,
    on_group TEXT,
    CHECK (on_user IS NULL OR on_group IS NULL)
);

CREATE INDEX userbook_server_token_of_user ON userbook_server_token (user_id);
CREATE INDEX userbook_server_grant_of_user ON userbook_server_grant (user_id, permission, on_user);
CREATE INDEX userbook_server_grant_on_group ON userbook_server_grant (user_id, on_group) WHERE on_group IS NOT NULL;

-- SCIM connections by the hash of their token. A connection ends with its account.
CREATE TABLE userbook_server_connection (
    name TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    user_id INTEGER NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    deactivates INTEGER NOT NULL CHECK (deactivates IN (0, 1)),
    is_strict INTEGER NOT NULL CHECK (is_strict IN (0, 1))
) WITHOUT ROWID;

CREATE INDEX userbook_server_connection_of_user ON userbook_server_connection (user_id);

-- The replica that may do what only one of them does at a time. Expiries are microseconds since 1970.
CREATE TABLE userbook_server_claim (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO userbook_server_claim (name, holder, expires) VALUES ('events', '', 0);

-- The destinations that have an event, while others do not: keys between blanks.
CREATE TABLE userbook_server_delivered (
    seq INTEGER NOT NULL PRIMARY KEY,
    sinks TEXT NOT NULL
) WITHOUT ROWID;

-- Events that a destination does not accept.
CREATE TABLE userbook_server_failed_event (
    sink TEXT NOT NULL,
    event_id TEXT NOT NULL,
    destination TEXT NOT NULL,
    body TEXT NOT NULL,
    error TEXT NOT NULL,
    failed_at INTEGER NOT NULL,
    retry INTEGER NOT NULL CHECK (retry IN (0, 1)),
    PRIMARY KEY (sink, event_id)
) WITHOUT ROWID;

CREATE INDEX userbook_server_failed_event_time ON userbook_server_failed_event (failed_at, event_id);
CREATE INDEX userbook_server_failed_event_retry ON userbook_server_failed_event (sink, retry, failed_at);
