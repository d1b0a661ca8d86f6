-- $1 component, $2 version, $3 name, $4 checksum
INSERT INTO userbook_migration (component, version, name, checksum) VALUES ($1, $2, $3, $4)
