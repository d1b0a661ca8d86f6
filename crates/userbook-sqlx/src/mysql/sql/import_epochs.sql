-- An import changes all that the counters stand for, and locks them: of two at once the second finds rows.
-- In this order: the least id that the next user may get
UPDATE userbook_epoch SET value = IF(name = 'next_user', GREATEST(value, ?), value + 1)
