-- Fails while the group has members; groups below lose their parent.
-- ?1 group
DELETE FROM userbook_group WHERE id = ?1
