INSERT INTO userbook_user (
    id, uuid, username, name, email, is_active, last_login, path, type, attributes, password_change_date,
    created_at, updated_at, revision, version, session_epoch, external_ids
)
VALUES (
    :id, :uuid, :username, :name, :email, :is_active, :last_login, :path, :type, :attributes, :password_change_date,
    :created_at, :updated_at, :revision, :version, :session_epoch, :external_ids
)
