INSERT INTO userbook_user (
    id, uuid, username, name, email, is_active, last_login, path, type, attributes, password_change_date,
    created_at, updated_at, revision, version, session_epoch, external_ids
)
SELECT * FROM unnest(
    :id::bigint[],
    :uuid::uuid[],
    :username::text[],
    :name::text[],
    :email::text[],
    :is_active::boolean[],
    :last_login::timestamptz[],
    :path::text[],
    :type::text[],
    :attributes::text[],
    :password_change_date::timestamptz[],
    :created_at::timestamptz[],
    :updated_at::timestamptz[],
    :revision::uuid[],
    :version::bigint[],
    :session_epoch::uuid[],
    :external_ids::text[]
)
