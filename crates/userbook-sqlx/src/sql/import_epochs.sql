-- An import changes everything that the counters stand for, and locks them: the second of two imports finds rows.
UPDATE userbook_epoch
SET value = CASE
    WHEN name <> 'next_user' THEN value + 1
    WHEN value < :next_user THEN :next_user
    ELSE value
END
