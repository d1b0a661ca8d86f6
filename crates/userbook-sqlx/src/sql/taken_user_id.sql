-- The id that this transaction has taken.
SELECT value - 1 AS id FROM userbook_epoch WHERE name = 'next_user'
