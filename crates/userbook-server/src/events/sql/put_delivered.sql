INSERT INTO userbook_server_delivered (seq, sinks) VALUES (:seq, :sinks)
