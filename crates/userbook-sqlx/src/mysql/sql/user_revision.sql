-- Tells why a conditional write did not find its row. It reads what was committed last, as the write did, also
-- in a transaction of the host's that still sees an older state.
-- In this order: user
SELECT revision FROM userbook_user WHERE id = ? LOCK IN SHARE MODE
