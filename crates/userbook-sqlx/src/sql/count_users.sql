-- The number of users that can be listed.
SELECT
    value - CASE WHEN EXISTS (SELECT 1 FROM userbook_user WHERE username = 'AnonymousUser') THEN 1 ELSE 0 END AS count
FROM userbook_count
WHERE name = 'users'
