SELECT seq, sinks FROM userbook_server_delivered WHERE seq BETWEEN :first AND :last
