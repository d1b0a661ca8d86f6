-- Users, groups, memberships, row counts, the guard counters and the events of the audit trail.
-- Moments are UTC, UUIDs are 16 bytes, JSON is text: the database's own JSON refuses 33 levels.
--
-- can_act of a user: 0 cannot act (inactive, internal_service_account, or AnonymousUser), 1 service account, 2 person.
-- session_epoch of a user: any new value ends the sessions that carry the old one.
-- external_ids: an object with an identifier or null for each external source; the rows of userbook_user_external_id and
-- userbook_group_external_id repeat it.
--
-- Each of these statements commits by itself, so each can be repeated: a migration that was interrupted is done
-- again from the start.

-- Names of users are bytes: every collation takes some of them for one another, if only 'bob ' for 'bob'.
-- relied_on counts changes that this user made as the acting user. A cluster notices a row that is written by two
-- at once, not one that is read. The driver takes the moment zero for none: it must not come in.
-- Only the beginnings of texts that have no bound are indexed, for an entry of an index has one. last_login has no
-- index, for hosts write it at each login.
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
    created_at DATETIME(6) NOT NULL CHECK (created_at >= '0001-01-01'),
    updated_at DATETIME(6) NOT NULL CHECK (updated_at >= '0001-01-01'),
    revision BINARY(16) NOT NULL,
    version BIGINT NOT NULL,
    session_epoch BINARY(16) NOT NULL,
    external_ids LONGTEXT NOT NULL DEFAULT ('{}'),
    relied_on BIGINT NOT NULL DEFAULT 0,
    can_act TINYINT AS (
        CASE
            WHEN is_active = 0 OR username = 'AnonymousUser' THEN 0
            WHEN type = 'service_account' THEN 1
            WHEN type IN ('internal', 'external') THEN 2
            ELSE 0
        END
    ) STORED,
    UNIQUE KEY userbook_user_username (username),
    UNIQUE KEY userbook_user_uuid (uuid),
    UNIQUE KEY userbook_user_can_act (id, can_act),
    KEY userbook_user_email (email(190)),
    KEY userbook_user_name (name(190)),
    KEY userbook_user_path (path(190)),
    KEY userbook_user_type (type, username),
    KEY userbook_user_active (is_active, username),
    KEY userbook_user_created (created_at, id),
    KEY userbook_user_updated (updated_at, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A group's name has no bound, an index has: the digest stands for the name. Names are unique, but an import may bring
-- several groups with one name: twin numbers them.
CREATE TABLE IF NOT EXISTS userbook_group (
    id BINARY(16) NOT NULL PRIMARY KEY,
    name LONGTEXT NOT NULL,
    name_digest BINARY(32) AS (UNHEX(SHA2(name, 256))) STORED,
    twin BIGINT NOT NULL DEFAULT 0,
    is_superuser TINYINT(1) NOT NULL CHECK (is_superuser IN (0, 1)),
    parent BINARY(16),
    attributes LONGTEXT NOT NULL,
    created_at DATETIME(6) NOT NULL CHECK (created_at >= '0001-01-01'),
    updated_at DATETIME(6) NOT NULL CHECK (updated_at >= '0001-01-01'),
    external_ids LONGTEXT NOT NULL DEFAULT ('{}'),
    UNIQUE KEY userbook_group_name (name_digest, twin),
    KEY userbook_group_parent (parent),
    KEY userbook_group_superuser (is_superuser),
    KEY userbook_group_created (created_at, id),
    KEY userbook_group_updated (updated_at, id),
    CONSTRAINT userbook_group_parent FOREIGN KEY (parent) REFERENCES userbook_group (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- can_act repeats userbook_user.can_act: one look into the index finds a member who can act, however many others there
-- are. The foreign key keeps the copy right for every writer: a trigger needs a privilege that hosts often
-- lack. A group with members cannot be deleted.
CREATE TABLE IF NOT EXISTS userbook_membership (
    user_id BIGINT NOT NULL,
    group_id BINARY(16) NOT NULL,
    can_act TINYINT NOT NULL,
    PRIMARY KEY (user_id, group_id),
    KEY userbook_membership_user (user_id, can_act),
    KEY userbook_membership_group (group_id, can_act, user_id),
    CONSTRAINT userbook_membership_user FOREIGN KEY (user_id, can_act)
        REFERENCES userbook_user (id, can_act) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT userbook_membership_group FOREIGN KEY (group_id) REFERENCES userbook_group (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Digests of folded usernames and e-mail addresses. A user has at most one in each namespace ('login', 'email'), and no
-- two rows have the same digest as an exclusive one. is_exclusive is true or NULL: NULLs are not duplicates.
CREATE TABLE IF NOT EXISTS userbook_claim (
    user_id BIGINT NOT NULL,
    namespace VARCHAR(190) NOT NULL,
    digest CHAR(64),
    is_exclusive BOOLEAN,
    PRIMARY KEY (user_id, namespace),
    UNIQUE KEY userbook_claim_key (digest, is_exclusive),
    CONSTRAINT userbook_claim_user FOREIGN KEY (user_id) REFERENCES userbook_user (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Digests of the folded addresses in the member 'emails' of the attributes; the digest of the empty text stands for
-- very many addresses.
CREATE TABLE IF NOT EXISTS userbook_further_address (
    user_id BIGINT NOT NULL,
    digest CHAR(64) NOT NULL,
    PRIMARY KEY (user_id, digest),
    KEY userbook_further_address_digest (digest),
    CONSTRAINT userbook_further_address_user FOREIGN KEY (user_id) REFERENCES userbook_user (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- The sources that manage a user or a group. An identifier is unique within its source, for users and for groups, and
-- compared as bytes: every collation takes some texts for one another.
CREATE TABLE IF NOT EXISTS userbook_user_external_id (
    user_id BIGINT NOT NULL,
    source VARCHAR(128) NOT NULL,
    identifier VARBINARY(1024),
    PRIMARY KEY (user_id, source),
    UNIQUE KEY userbook_user_external_id_taken (source, identifier),
    CONSTRAINT userbook_user_external_id_user FOREIGN KEY (user_id) REFERENCES userbook_user (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE IF NOT EXISTS userbook_group_external_id (
    group_id BINARY(16) NOT NULL,
    source VARCHAR(128) NOT NULL,
    identifier VARBINARY(1024),
    PRIMARY KEY (group_id, source),
    UNIQUE KEY userbook_group_external_id_taken (source, identifier),
    CONSTRAINT userbook_group_external_id_group FOREIGN KEY (group_id) REFERENCES userbook_group (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- Counters that decisions about several rows rely on, and the id of the next user.
CREATE TABLE IF NOT EXISTS userbook_epoch (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

INSERT INTO userbook_epoch (name, value) VALUES ('graph', 0), ('superusers', 0), ('next_user', 1)
ON DUPLICATE KEY UPDATE value = value;

-- No foreign key: events outlive their users.
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

-- How many rows there are: counting them would look at each. The store keeps it right, with whatever else it writes;
-- a trigger needs a privilege that hosts often lack.
CREATE TABLE IF NOT EXISTS userbook_count (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

INSERT INTO userbook_count (name, value) VALUES ('users', 0), ('groups', 0)
ON DUPLICATE KEY UPDATE value = value;
