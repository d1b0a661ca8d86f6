-- Writes the event of the update that was the statement before, if that statement found its row.
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
SELECT :event_id, :event_kind, :event_user, :event_group, :event_version, :event_time, :event_body WHERE changes() = 1
