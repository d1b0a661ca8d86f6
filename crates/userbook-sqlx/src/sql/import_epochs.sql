-- An import changes everything that the counters stand for. On MariaDB the rows also serve as the lock between imports.
UPDATE userbook_epoch
SET value = CASE
    WHEN name <> 'next_user' THEN value + 1
    WHEN value < :next_user THEN :next_user
    ELSE value
END
