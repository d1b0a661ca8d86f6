-- Memberships go with the row, and groups below lose their parent.
-- In this order: group
DELETE FROM userbook_group WHERE id = ?
