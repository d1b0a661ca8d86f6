-- The write lock at once: a read lock that had to become one would fail whenever another writer had come first.
BEGIN IMMEDIATE
