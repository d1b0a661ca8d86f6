//! What a server finishes after SIGTERM.

use std::{io::Write, net::TcpStream, thread::sleep, time::Duration};

use rusqlite::Connection;
use userbook_tests::binary::{Server, receive};

use crate::support::{Folder, KEY, seed};

/// Long enough for a request to reach its commit, and for the server to notice that a client has left.
const SETTLED: Duration = Duration::from_millis(500);

#[test]
fn queued_commit_of_a_client_that_has_left_is_finished() {
    let folder = Folder::new();
    let path = folder.seed(&seed(2));
    let server = Server::start(&["--database", &folder.database(), "--seed", &path]);
    let database = Connection::open(folder.path("users.db")).unwrap();
    let name = |id: i64| -> String {
        database.query_row("SELECT name FROM userbook_user WHERE id = ?", [id], |row| row.get(0)).unwrap()
    };
    let address = server.address;
    let send = |id: i64| {
        let body = r#"{"name": "late"}"#;
        let head = format!(
            "PATCH /api/v3/core/users/{id}/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n\
             connection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(head.as_bytes()).unwrap();
        sleep(SETTLED);
        client
    };

    // The first commit waits for this lock, the second for the first.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut stays = send(101);
    drop(send(102));
    sleep(SETTLED);
    let stopping = std::thread::spawn(move || server.stop("TERM"));
    sleep(SETTLED);
    database.execute_batch("ROLLBACK").unwrap();
    assert_eq!(receive(&mut stays).unwrap().status, 200);
    let (status, log) = stopping.join().unwrap();
    assert_eq!([name(101), name(102)], ["late", "late"], "{status}\n{log}");
}
