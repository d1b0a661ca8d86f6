-- Inserts a group or overwrites the group with its id, if the parent exists. A group that keeps its name keeps its
-- number among imported groups of this name.
INSERT INTO userbook_group (id, name, twin, is_superuser, parent, attributes, created_at, updated_at, external_ids)
SELECT
    :id,
    :name,
    coalesce((SELECT own.twin FROM userbook_group AS own WHERE own.id = :id AND own.name = :name), 0),
    :is_superuser,
    :parent,
    :attributes,
    :created_at,
    :updated_at,
    :external_ids
WHERE :parent IS NULL OR EXISTS (SELECT 1 FROM userbook_group WHERE id = :parent) OR :parent = :id
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    twin = excluded.twin,
    is_superuser = excluded.is_superuser,
    parent = excluded.parent,
    attributes = excluded.attributes,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at,
    external_ids = excluded.external_ids
