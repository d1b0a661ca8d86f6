-- ?1 change id, ?2 kind, ?3 user, ?4 group, ?5 version, ?6 moment, ?7 the event as JSON
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
