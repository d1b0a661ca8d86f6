INSERT INTO userbook_group (name, is_superuser, parent, attributes, id) VALUES (:name, :is_superuser, :parent, :attributes, :id)
