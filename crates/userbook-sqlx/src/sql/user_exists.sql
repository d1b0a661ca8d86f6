-- Finds out why a conditional write did not find its row.
SELECT 1 AS found FROM userbook_user WHERE id = :user
