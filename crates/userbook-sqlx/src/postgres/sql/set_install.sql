-- $1 install id
INSERT INTO userbook_install (install_id) VALUES ($1)
ON CONFLICT (singleton) DO UPDATE SET install_id = excluded.install_id
