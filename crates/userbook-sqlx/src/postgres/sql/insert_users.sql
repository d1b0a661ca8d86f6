-- $1 to $13: lists of the columns in this order
INSERT INTO userbook_user (
    id, uuid, username, name, email, is_active, last_login, path, type, attributes, password_change_date,
    revision, version
)
SELECT * FROM unnest(
    $1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[], $8::text[],
    $9::text[], $10::text[], $11::timestamptz[], $12::uuid[], $13::bigint[]
)
