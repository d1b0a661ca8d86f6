-- The next user gets an id above all imported ones.
UPDATE userbook_epoch SET value = :next_user WHERE name = 'next_user' AND value < :next_user
