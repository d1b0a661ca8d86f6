-- Reads see one state from the first of them on, and never wait.
BEGIN DEFERRED
