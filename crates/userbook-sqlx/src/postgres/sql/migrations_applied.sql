SELECT version, checksum FROM userbook_migration WHERE component = $1 ORDER BY version
