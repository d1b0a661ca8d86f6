-- Fails while the group has members.
DELETE FROM userbook_group WHERE id = :group
