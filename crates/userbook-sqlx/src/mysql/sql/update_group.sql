UPDATE userbook_group
SET name = :name, is_superuser = :is_superuser, parent = :parent, attributes = :attributes
WHERE id = :id
