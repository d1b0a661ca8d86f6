-- On what user $1 holds permission $2; on everything where both columns are NULL.
SELECT on_user, on_group FROM userbook_server_grant WHERE user_id = $1 AND permission = $2
