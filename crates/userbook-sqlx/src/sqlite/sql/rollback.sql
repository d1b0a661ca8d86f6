-- Leaves no trace of what a command began.
ROLLBACK
