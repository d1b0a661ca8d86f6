-- A parent may come later.
INSERT INTO userbook_group (id, name, is_superuser, parent, attributes)
SELECT * FROM unnest(:id::uuid[], :name::text[], :is_superuser::boolean[], :parent::uuid[], :attributes::text[])
