INSERT INTO userbook_migration (component, version, name, checksum)
VALUES (:component, :version, :name, :checksum)
