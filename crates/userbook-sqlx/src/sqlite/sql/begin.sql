-- The write lock at once: a read lock that had to become one would fail whenever somebody else had written.
BEGIN IMMEDIATE
