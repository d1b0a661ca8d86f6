-- A host may keep tables of its own beside Userbook's: each component has its own versions.
CREATE TABLE IF NOT EXISTS userbook_migration (
    component VARCHAR(64) NOT NULL,
    version BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    applied_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    PRIMARY KEY (component, version)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
