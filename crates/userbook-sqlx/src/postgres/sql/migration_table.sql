-- A host may keep tables of its own beside Userbook's: each component has its own versions.
CREATE TABLE IF NOT EXISTS userbook_migration (
    component text NOT NULL,
    version bigint NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (component, version)
)
