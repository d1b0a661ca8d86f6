-- Waits up to ten minutes for whoever else migrates this database. The lock goes with the connection.
SELECT GET_LOCK(CONCAT('userbook_', MD5(DATABASE())), 600)
