SELECT (SELECT count(*) FROM userbook_user) - (SELECT value FROM userbook_count WHERE name = 'users') AS problems
