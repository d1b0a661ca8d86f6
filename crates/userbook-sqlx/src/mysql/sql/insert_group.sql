-- In this order: name, is_superuser, parent, attributes, id
INSERT INTO userbook_group (name, is_superuser, parent, attributes, id) VALUES (?, ?, ?, ?, ?)
