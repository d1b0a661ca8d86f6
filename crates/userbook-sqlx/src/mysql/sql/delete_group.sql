-- Fails while the group has members; groups below lose their parent.
-- In this order: group
DELETE FROM userbook_group WHERE id = ?
