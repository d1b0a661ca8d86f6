-- Fails while the group has members; groups below lose their parent.
DELETE FROM userbook_group WHERE id = :group
