INSERT INTO userbook_group (id, name, is_superuser, parent, attributes)
VALUES (:id, :name, :is_superuser, :parent, :attributes)
