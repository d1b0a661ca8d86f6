SELECT count(*) AS problems
FROM userbook_user
WHERE id >= (SELECT value FROM userbook_epoch WHERE name = 'next_user')
