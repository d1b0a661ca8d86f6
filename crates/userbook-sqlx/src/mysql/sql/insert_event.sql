-- In this order: change id, kind, user, group, version, moment, the event as JSON
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
VALUES (?, ?, ?, ?, ?, ?, ?)
