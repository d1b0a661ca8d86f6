-- Counts inserted or deleted rows.
UPDATE userbook_count SET value = value + :difference WHERE name = :name
