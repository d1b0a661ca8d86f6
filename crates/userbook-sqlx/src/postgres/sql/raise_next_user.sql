-- $1 the least id that the next user may get
UPDATE userbook_epoch SET value = greatest(value, $1) WHERE name = 'next_user'
