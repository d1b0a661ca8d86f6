INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
VALUES (:event_id, :event_kind, :event_user, :event_group, :event_version, :event_time, :event_body)
