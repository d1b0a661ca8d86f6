-- Increments the counters that a change bumps, and writes its event.
WITH counted AS (
    UPDATE userbook_epoch
    SET value = value + 1
    WHERE (name = 'graph' AND :bumps_graph) OR (name = 'superusers' AND :bumps_superusers)
)
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
VALUES (:event_id, :event_kind, :event_user, :event_group, :event_version, :event_time, :event_body)
