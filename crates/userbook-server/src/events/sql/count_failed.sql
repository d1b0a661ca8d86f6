SELECT destination, COUNT(*) AS total FROM userbook_server_failed_event GROUP BY destination
