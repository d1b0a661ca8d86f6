INSERT INTO userbook_group (id, name, is_superuser, parent, attributes, created_at, updated_at)
VALUES (:id, :name, :is_superuser, :parent, :attributes, :created_at, :updated_at)
