-- Memberships go with the row.
DELETE FROM userbook_user WHERE id = :user AND revision = :expected
