-- Finds out why a conditional write did not find its row. It reads the last committed state, as the write did, also in
-- a transaction of the host that still sees an older state.
SELECT 1 AS found FROM userbook_user WHERE id = :user LOCK IN SHARE MODE
