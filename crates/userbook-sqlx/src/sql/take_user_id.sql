-- Takes the next user's id, if it is the expected one or none is expected.
UPDATE userbook_epoch SET value = value + 1 WHERE name = 'next_user' AND value = coalesce(:id, value)
