-- All grants, in the order of their holders.
SELECT user_id, permission, on_user, on_group
FROM userbook_server_grant
ORDER BY user_id, permission, on_user, on_group
