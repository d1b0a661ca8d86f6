-- Waits up to ten minutes for another migration of this database. The lock ends with the connection.
SELECT GET_LOCK(CONCAT('userbook_', MD5(DATABASE())), 600) AS locked
