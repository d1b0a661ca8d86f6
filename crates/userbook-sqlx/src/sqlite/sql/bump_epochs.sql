-- Increments the counters that a change bumps.
-- ?1 whether graph, ?2 whether superusers
UPDATE userbook_epoch
SET value = value + 1
WHERE (name = 'graph' AND ?1) OR (name = 'superusers' AND ?2)
