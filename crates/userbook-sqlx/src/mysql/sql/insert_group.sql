INSERT INTO userbook_group (id, name, is_superuser, parent, attributes, created_at, updated_at, external_ids)
VALUES (:id, :name, :is_superuser, :parent, :attributes, :created_at, :updated_at, :external_ids)
