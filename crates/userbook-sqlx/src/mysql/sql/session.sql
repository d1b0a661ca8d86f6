-- Rejects values that do not fit, limits the wait for other writers, and walks hierarchies of any depth: MariaDB ends a
-- recursion after 1,000 levels by default.
SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES'), SESSION innodb_lock_wait_timeout = 5,
    SESSION max_recursive_iterations = 4294967295
