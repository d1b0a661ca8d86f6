-- Increments the counters that a change bumps, and writes its event.
-- $1 whether the group graph changes, $2 whether the set of superusers, $3 change id, $4 kind, $5 user, $6 group,
-- $7 version, $8 moment, $9 the event as JSON
WITH counted AS (
    UPDATE userbook_epoch
    SET value = value + 1
    WHERE (name = 'graph' AND $1) OR (name = 'superusers' AND $2)
)
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
VALUES ($3, $4, $5, $6, $7, $8, $9)
