-- Compares the counters that a change was decided on, locks them until the commit, and counts: whoever relies on
-- one writes it too, for a cluster notices a row that is written by two at once, not one that is read. The caller
-- compares how many were found.
UPDATE userbook_epoch FORCE INDEX (PRIMARY)
SET value = value + 1
WHERE (name = 'graph' AND value = :graph) OR (name = 'superusers' AND value = :superusers)
