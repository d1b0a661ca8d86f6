-- ?1 to ?13: the columns in this order
INSERT INTO userbook_user (
    id, uuid, username, name, email, is_active, last_login, path, type, attributes, password_change_date,
    revision, version
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
