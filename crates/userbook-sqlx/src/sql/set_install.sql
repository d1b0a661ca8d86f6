INSERT INTO userbook_install (singleton, install_id) VALUES (true, :install_id)
ON CONFLICT (singleton) DO UPDATE SET install_id = excluded.install_id
