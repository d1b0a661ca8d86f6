-- On what a user holds a permission; on everything where both columns are NULL.
SELECT on_user, on_group FROM userbook_server_grant WHERE user_id = :user AND permission = :permission
