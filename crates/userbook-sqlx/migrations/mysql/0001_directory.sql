-- Users, groups, memberships, the guard counters and the events of the audit trail.
-- Moments are UTC, UUIDs are 16 bytes, JSON is text: the database's own JSON refuses 33 levels.
--
-- Each of these statements commits by itself, so each can be repeated: a migration that was interrupted is done
-- again from the start.

-- Names of users are bytes: every collation takes some of them for one another, if only 'bob ' for 'bob'.
-- relied_on counts changes that were decided by this user's power. A cluster notices a row that is written by two
-- at once, not one that is read. The driver takes the moment zero for none: it must not come in.
CREATE TABLE IF NOT EXISTS userbook_user (
    id BIGINT NOT NULL PRIMARY KEY,
    uuid BINARY(16) NOT NULL,
    username VARBINARY(600) NOT NULL,
    name LONGTEXT NOT NULL,
    email LONGTEXT NOT NULL,
    is_active TINYINT(1) NOT NULL CHECK (is_active IN (0, 1)),
    last_login DATETIME(6) CHECK (last_login >= '0001-01-01'),
    path LONGTEXT NOT NULL,
    type VARCHAR(64) NOT NULL,
    attributes LONGTEXT NOT NULL,
    password_change_date DATETIME(6) NOT NULL CHECK (password_change_date >= '0001-01-01'),
    revision BINARY(16) NOT NULL,
    version BIGINT NOT NULL,
    relied_on BIGINT NOT NULL DEFAULT 0,
    UNIQUE KEY userbook_user_username (username),
    UNIQUE KEY userbook_user_activity (id, is_active)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A group's name has no bound, an index has: the digest stands for the name.
CREATE TABLE IF NOT EXISTS userbook_group (
    id BINARY(16) NOT NULL PRIMARY KEY,
    name LONGTEXT NOT NULL,
    name_digest BINARY(32) AS (UNHEX(SHA2(name, 256))) STORED,
    is_superuser TINYINT(1) NOT NULL CHECK (is_superuser IN (0, 1)),
    parent BINARY(16),
    attributes LONGTEXT NOT NULL,
    UNIQUE KEY userbook_group_name (name_digest),
    KEY userbook_group_parent (parent),
    KEY userbook_group_superuser (is_superuser),
    CONSTRAINT userbook_group_parent FOREIGN KEY (parent) REFERENCES userbook_group (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- user_active repeats userbook_user.is_active: whether a group has an active member is told by one look into
-- the index, however many inactive ones there are. The foreign key keeps the copy right, whoever writes the
-- original: a trigger needs a privilege that hosts often lack.
CREATE TABLE IF NOT EXISTS userbook_membership (
    user_id BIGINT NOT NULL,
    group_id BINARY(16) NOT NULL,
    user_active TINYINT(1) NOT NULL,
    PRIMARY KEY (user_id, group_id),
    KEY userbook_membership_user (user_id, user_active),
    KEY userbook_membership_group (group_id, user_active, user_id),
    CONSTRAINT userbook_membership_user FOREIGN KEY (user_id, user_active)
        REFERENCES userbook_user (id, is_active) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT userbook_membership_group FOREIGN KEY (group_id) REFERENCES userbook_group (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Counters that decisions about several rows rely on, and the id of the next user.
CREATE TABLE IF NOT EXISTS userbook_epoch (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

INSERT INTO userbook_epoch (name, value) VALUES ('graph', 0), ('superusers', 0), ('next_user', 1)
ON DUPLICATE KEY UPDATE value = value;

-- No foreign key: events outlive whom they tell of.
CREATE TABLE IF NOT EXISTS userbook_event (
    seq BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id BINARY(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    user_id BIGINT,
    group_id BINARY(16),
    version BIGINT NOT NULL,
    occurred_at DATETIME(6) NOT NULL,
    body LONGTEXT NOT NULL,
    acked_at DATETIME(6),
    UNIQUE KEY userbook_event_id (id),
    KEY userbook_event_pending (acked_at, seq),
    KEY userbook_event_moment (occurred_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS userbook_install (
    singleton TINYINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
    install_id LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
