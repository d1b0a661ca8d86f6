-- A parent may come later.
-- $1 ids, $2 names, $3 is_superuser, $4 parents, $5 attributes
INSERT INTO userbook_group (id, name, is_superuser, parent, attributes)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::uuid[], $5::text[])
