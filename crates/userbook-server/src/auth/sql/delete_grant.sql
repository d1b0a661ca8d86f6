-- Ids of users are positive and ids of groups are not empty, so that these values can stand for NULL.
DELETE FROM userbook_server_grant
WHERE user_id = :user AND permission = :permission
    AND COALESCE(on_user, 0) = COALESCE(:on_user, 0) AND COALESCE(on_group, '') = COALESCE(:on_group, '')
