-- Tells why a conditional write did not find its row.
-- $1 user
SELECT revision FROM userbook_user WHERE id = $1
