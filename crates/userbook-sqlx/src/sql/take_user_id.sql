-- Takes the next user's id if it is the expected one.
UPDATE userbook_epoch SET value = value + 1 WHERE name = 'next_user' AND value = :id
