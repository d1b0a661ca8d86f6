-- In this order: component
SELECT version, checksum FROM userbook_migration WHERE component = ? ORDER BY version
