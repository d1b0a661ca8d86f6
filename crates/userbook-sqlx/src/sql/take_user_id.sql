-- Takes the next user's id, if it still is the one that was decided on.
UPDATE userbook_epoch SET value = value + 1 WHERE name = 'next_user' AND value = :id
