-- Rejects values that do not fit, and limits the wait for other writers.
SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES'), SESSION innodb_lock_wait_timeout = 5
