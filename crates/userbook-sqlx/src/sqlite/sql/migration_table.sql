-- A host may keep tables of its own beside these: each component has its own numbers.
CREATE TABLE IF NOT EXISTS userbook_migration (
    component TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (component, version)
) STRICT
