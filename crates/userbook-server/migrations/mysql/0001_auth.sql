-- Tokens by the hash of their key, and granted permissions. Both are deleted with their user. Names of permissions are
-- kept as they came. Each
-- statement commits by itself and can be repeated.
CREATE TABLE IF NOT EXISTS userbook_server_token (
    hash BINARY(32) NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    identifier VARCHAR(255) NOT NULL,
    intent VARCHAR(64) NOT NULL,
    expiring TINYINT(1) NOT NULL CHECK (expiring IN (0, 1)),
    -- Microseconds since 1970; counts only for a token that is expiring.
    expires BIGINT,
    UNIQUE KEY userbook_server_token_identifier (identifier),
    KEY userbook_server_token_of_user (user_id),
    CONSTRAINT userbook_server_token_owner FOREIGN KEY (user_id) REFERENCES userbook_user (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- On everything where both columns are NULL.
CREATE TABLE IF NOT EXISTS userbook_server_grant (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    permission VARCHAR(255) NOT NULL,
    on_user BIGINT,
    on_group CHAR(36),
    CHECK (on_user IS NULL OR on_group IS NULL),
    KEY userbook_server_grant_of_user (user_id, permission, on_user),
    KEY userbook_server_grant_on_user (user_id, on_user, on_group),
    KEY userbook_server_grant_on_group (user_id, on_group),
    CONSTRAINT userbook_server_grant_holder FOREIGN KEY (user_id) REFERENCES userbook_user (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- SCIM connections by the hash of their token. A connection ends with its account.
CREATE TABLE IF NOT EXISTS userbook_server_connection (
    name VARCHAR(128) NOT NULL PRIMARY KEY,
    hash BINARY(32) NOT NULL,
    user_id BIGINT NOT NULL,
    deactivates TINYINT(1) NOT NULL CHECK (deactivates IN (0, 1)),
    is_strict TINYINT(1) NOT NULL CHECK (is_strict IN (0, 1)),
    UNIQUE KEY userbook_server_connection_hash (hash),
    KEY userbook_server_connection_of_user (user_id),
    CONSTRAINT userbook_server_connection_account FOREIGN KEY (user_id) REFERENCES userbook_user (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- The replica that may do what only one of them does at a time. Expiries are microseconds since 1970.
CREATE TABLE IF NOT EXISTS userbook_server_claim (
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    holder VARCHAR(64) NOT NULL,
    expires BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO userbook_server_claim (name, holder, expires) VALUES ('events', '', 0);

-- The destinations that have an event, while others do not: keys between blanks.
CREATE TABLE IF NOT EXISTS userbook_server_delivered (
    seq BIGINT NOT NULL PRIMARY KEY,
    sinks LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Events that a destination does not accept.
CREATE TABLE IF NOT EXISTS userbook_server_failed_event (
    sink CHAR(16) NOT NULL,
    event_id CHAR(36) NOT NULL,
    destination LONGTEXT NOT NULL,
    body LONGTEXT NOT NULL,
    error LONGTEXT NOT NULL,
    failed_at BIGINT NOT NULL,
    retry BIGINT NOT NULL CHECK (retry IN (0, 1)),
    PRIMARY KEY (sink, event_id),
    KEY userbook_server_failed_event_time (failed_at, event_id),
    KEY userbook_server_failed_event_retry (sink, retry, failed_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
