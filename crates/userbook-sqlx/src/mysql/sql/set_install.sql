REPLACE INTO userbook_install (singleton, install_id) VALUES (1, :install_id)
