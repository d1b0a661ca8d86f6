SELECT value AS count FROM userbook_count WHERE name = 'groups'
