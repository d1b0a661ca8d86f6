-- Memberships go with the row.
-- In this order: user, expected revision
DELETE FROM userbook_user WHERE id = ? AND revision = ?
