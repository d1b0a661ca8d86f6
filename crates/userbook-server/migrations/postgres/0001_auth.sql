-- Tokens by the hash of their key, and granted permissions. Both are deleted with their user. Names of permissions are
-- kept as they came.
CREATE TABLE userbook_server_token (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    user_id bigint NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    identifier text NOT NULL UNIQUE,
    intent text NOT NULL,
    expiring boolean NOT NULL,
    -- Microseconds since 1970; counts only for a token that is expiring.
    expires bigint
);

-- On everything where both columns are NULL.
CREATE TABLE userbook_server_grant (
    user_id bigint NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    permission text NOT NULL,
    on_user bigint,
    on_group text,
    CHECK (on_user IS NULL OR on_group IS NULL)
);

CREATE INDEX userbook_server_token_of_user ON userbook_server_token (user_id);
CREATE INDEX userbook_server_grant_of_user ON userbook_server_grant (user_id, permission, on_user);
CREATE INDEX userbook_server_grant_on_group ON userbook_server_grant (user_id, on_group) WHERE on_group IS NOT NULL;

-- SCIM connections by the hash of their token. A connection ends with its account.
CREATE TABLE userbook_server_connection (
    name text COLLATE "C" PRIMARY KEY,
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    user_id bigint NOT NULL REFERENCES userbook_user (id) ON DELETE CASCADE,
    deactivates boolean NOT NULL,
    is_strict boolean NOT NULL
);

CREATE INDEX userbook_server_connection_of_user ON userbook_server_connection (user_id);

-- The replica that may do what only one of them does at a time. Expiries are microseconds since 1970.
CREATE TABLE userbook_server_claim (
    name text PRIMARY KEY,
    holder text NOT NULL,
    expires bigint NOT NULL
);

INSERT INTO userbook_server_claim (name, holder, expires) VALUES ('events', '', 0);

-- The destinations that have an event, while others do not: keys between blanks.
CREATE TABLE userbook_server_delivered (
    seq bigint NOT NULL PRIMARY KEY,
    sinks text NOT NULL
);

-- Events that a destination does not accept.
CREATE TABLE userbook_server_failed_event (
    sink text NOT NULL,
    event_id text NOT NULL,
    destination text NOT NULL,
    body text NOT NULL,
    error text NOT NULL,
    failed_at bigint NOT NULL,
    retry bigint NOT NULL CHECK (retry IN (0, 1)),
    PRIMARY KEY (sink, event_id)
);

CREATE INDEX userbook_server_failed_event_time ON userbook_server_failed_event (failed_at, event_id);
CREATE INDEX userbook_server_failed_event_retry ON userbook_server_failed_event (sink, retry, failed_at);
