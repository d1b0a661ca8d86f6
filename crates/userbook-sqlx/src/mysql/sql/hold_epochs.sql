-- Compares the counters that a change depends on, locks them until the commit, and increments them. A change that only
-- reads a counter increments it too, because a cluster detects concurrent writes of a row, not reads. The caller
-- compares the number of rows.
UPDATE userbook_epoch FORCE INDEX (PRIMARY)
SET value = value + 1
WHERE (name = 'graph' AND value = :graph) OR (name = 'superusers' AND value = :superusers)
