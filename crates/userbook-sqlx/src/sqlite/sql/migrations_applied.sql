SELECT version, checksum FROM userbook_migration ORDER BY version
