-- Tells why a conditional write did not find its row.
-- ?1 user
SELECT EXISTS (SELECT 1 FROM userbook_user WHERE id = ?1) AS is_there
