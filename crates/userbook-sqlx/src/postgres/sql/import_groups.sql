-- A parent may come later.
INSERT INTO userbook_group (id, name, is_superuser, parent, attributes, created_at, updated_at, external_ids, twin)
SELECT * FROM unnest(
    :id::uuid[],
    :name::text[],
    :is_superuser::boolean[],
    :parent::uuid[],
    :attributes::text[],
    :created_at::timestamptz[],
    :updated_at::timestamptz[],
    :external_ids::text[],
    :twin::bigint[]
)
