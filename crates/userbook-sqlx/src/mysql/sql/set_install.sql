-- In this order: install id
REPLACE INTO userbook_install (singleton, install_id) VALUES (1, ?)
