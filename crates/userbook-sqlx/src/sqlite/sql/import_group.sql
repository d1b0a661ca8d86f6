-- Its parent may come later.
-- ?1 id, ?2 name, ?3 is_superuser, ?4 parent, ?5 attributes
INSERT INTO userbook_group (id, name, is_superuser, parent, attributes) VALUES (?1, ?2, ?3, ?4, ?5)
