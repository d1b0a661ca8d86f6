-- Inserts a group or overwrites the one with its id, if its parent is there.
-- $1 id, $2 name, $3 is_superuser, $4 parent, $5 attributes
INSERT INTO userbook_group (id, name, is_superuser, parent, attributes)
SELECT $1, $2, $3, $4::uuid, $5
WHERE $4 IS NULL OR $4 = $1 OR EXISTS (SELECT FROM userbook_group WHERE id = $4)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    is_superuser = excluded.is_superuser,
    parent = excluded.parent,
    attributes = excluded.attributes
