-- Counts what a change alters.
-- ?1 whether the group graph, ?2 whether the set of superusers
UPDATE userbook_epoch
SET value = value + 1
WHERE (name = 'graph' AND ?1) OR (name = 'superusers' AND ?2)
