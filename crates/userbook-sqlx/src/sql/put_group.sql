-- Inserts a group or overwrites the group with its id, if the parent exists.
INSERT INTO userbook_group (id, name, is_superuser, parent, attributes, created_at, updated_at)
SELECT :id, :name, :is_superuser, :parent, :attributes, :created_at, :updated_at
WHERE :parent IS NULL OR EXISTS (SELECT 1 FROM userbook_group WHERE id = :parent) OR :parent = :id
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    is_superuser = excluded.is_superuser,
    parent = excluded.parent,
    attributes = excluded.attributes,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at
