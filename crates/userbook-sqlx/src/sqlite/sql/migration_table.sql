-- A host may keep tables of its own beside Userbook's: each component has its own versions.
CREATE TABLE IF NOT EXISTS userbook_migration (
    component TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER)),
    PRIMARY KEY (component, version)
) STRICT
