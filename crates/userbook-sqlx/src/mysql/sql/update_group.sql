UPDATE userbook_group
SET
    name = :name,
    is_superuser = :is_superuser,
    parent = :parent,
    attributes = :attributes,
    created_at = :created_at,
    updated_at = :updated_at
WHERE id = :id
