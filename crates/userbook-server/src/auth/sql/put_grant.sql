INSERT INTO userbook_server_grant (user_id, permission, on_user, on_group)
VALUES (:user, :permission, :on_user, :on_group)
