UPDATE userbook_group
SET
    -- Before the name: MariaDB assigns in order.
    twin = IF(name_digest = UNHEX(SHA2(:name, 256)), twin, 0),
    name = :name,
    is_superuser = :is_superuser,
    parent = :parent,
    attributes = :attributes,
    created_at = :created_at,
    updated_at = :updated_at,
    external_ids = :external_ids
WHERE id = :id
