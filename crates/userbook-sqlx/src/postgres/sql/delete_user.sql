-- Memberships go with the row.
-- $1 user, $2 expected revision
DELETE FROM userbook_user WHERE id = $1 AND revision = $2
