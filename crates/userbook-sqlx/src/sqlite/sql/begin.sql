-- Takes the write lock at once: upgrading a read lock fails after a write of another connection.
BEGIN IMMEDIATE
