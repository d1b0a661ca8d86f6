-- Counts rows that came or went.
-- In this order: how many more there are, of what
UPDATE userbook_count SET value = value + ? WHERE name = ?
