-- In this order: component, version, name, checksum
INSERT INTO userbook_migration (component, version, name, checksum, applied_at)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6))
