-- Increments the counters that a change bumps.
UPDATE userbook_epoch
SET value = value + 1
WHERE (name = 'graph' AND :bumps_graph) OR (name = 'superusers' AND :bumps_superusers)
