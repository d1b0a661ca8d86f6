SELECT version, checksum FROM userbook_migration WHERE component = :component ORDER BY version
