//! What a server finishes after SIGTERM.

use std::{io::Write, net::TcpStream, time::Duration};

use rusqlite::Connection;
use userbook_tests::binary::Server;

use crate::support::{Folder, KEY, seed};

#[test]
fn commit_of_a_client_that_has_left_is_finished() {
    let folder = Folder::new();
    let path = folder.seed(&seed(2));
    let server = Server::start(&["--database", &folder.database(), "--seed", &path]);
    let database = Connection::open(folder.path("users.db")).unwrap();
    let name = || -> String {
        database.query_row("SELECT name FROM userbook_user WHERE id = 101", [], |row| row.get(0)).unwrap()
    };
    assert_ne!(name(), "late");

    // The commit waits for this lock.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = r#"{"name": "late"}"#;
    let head = format!(
        "PATCH /api/v3/core/users/101/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut client = TcpStream::connect(server.address).unwrap();
    client.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    drop(client);
    let stopping = std::thread::spawn(move || server.stop("TERM"));
    std::thread::sleep(Duration::from_millis(500));
    database.execute_batch("ROLLBACK").unwrap();
    let (status, log) = stopping.join().unwrap();
    assert_eq!(name(), "late", "{status}\n{log}");
}
