SELECT COALESCE(MAX(seq), 0) AS seq FROM userbook_event
