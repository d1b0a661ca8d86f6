-- How many users can be listed.
SELECT value - EXISTS (SELECT 1 FROM userbook_user WHERE username = 'AnonymousUser') AS count
FROM userbook_count
WHERE name = 'users'
