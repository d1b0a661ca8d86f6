-- Tells why a conditional write did not find its row. It reads the last committed state, as the write did, also in a
-- transaction of the host's that still sees an older one.
-- In this order: user
SELECT 1 FROM userbook_user WHERE id = ? LOCK IN SHARE MODE
