-- Refuses what does not fit, and does not wait for ever for another writer.
SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES'), SESSION innodb_lock_wait_timeout = 5
