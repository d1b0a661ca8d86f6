-- Writes the event of the update that was the statement before, if that found its row.
-- ?18 change id, ?19 kind, ?20 user, ?21 group, ?22 version, ?23 moment, ?24 the event as JSON
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
SELECT ?18, ?19, ?20, ?21, ?22, ?23, ?24 WHERE changes() = 1
