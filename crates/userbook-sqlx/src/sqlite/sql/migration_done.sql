-- ?1 version, ?2 name, ?3 checksum
INSERT INTO userbook_migration (version, name, checksum, applied_at)
VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
