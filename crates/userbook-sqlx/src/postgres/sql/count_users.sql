-- How many users can be listed.
SELECT value - (EXISTS (SELECT FROM userbook_user WHERE username = 'AnonymousUser'))::int AS count
FROM userbook_count
WHERE name = 'users'
