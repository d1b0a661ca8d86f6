SELECT (SELECT count(*) FROM userbook_group) - (SELECT value FROM userbook_count WHERE name = 'groups') AS problems
