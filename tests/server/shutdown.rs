//! What a server finishes after SIGTERM.

use std::{io::Write, net::TcpStream, thread::sleep, time::Duration};

use rusqlite::Connection;
use userbook_tests::{
    binary::{Server, receive},
    receiver::wait_for,
};

use crate::{
    metrics::{page, value},
    support::{Folder, KEY, seed},
};

/// Long enough for a running request to reach its commit.
const SETTLED: Duration = Duration::from_secs(3);

#[test]
fn queued_commit_of_a_client_that_has_left_is_finished() {
    let folder = Folder::new();
    let path = folder.seed(&seed(2));
    let database = folder.database();
    let arguments = ["--database", &database, "--seed", &path, "--metrics", "127.0.0.1:0"];
    let patient = ["--lock-timeout", "60", "--step-timeout", "60", "--update-timeout", "60"];
    let server = Server::start(&[&arguments[..], &patient].concat());
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
        client
    };
    let running = || value(&page(&server), "userbook_requests_in_flight{state=\"running\"}");

    // The first commit waits for this lock, the second for the first.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut stays = send(101);
    wait_for("the first request does not run", || running() > 0.5);
    sleep(SETTLED);
    let leaves = send(102);
    wait_for("the second request does not run", || running() > 1.5);
    sleep(SETTLED);
    drop(leaves);
    wait_for("the server does not notice that the client has left", || running() < 1.5);
    let stopping = std::thread::spawn(move || server.stop("TERM"));
    wait_for("the server listens after SIGTERM", || TcpStream::connect(address).is_err());
    database.execute_batch("ROLLBACK").unwrap();
    assert_eq!(receive(&mut stays).unwrap().status, 200);
    let (status, log) = stopping.join().unwrap();
    assert_eq!([name(101), name(102)], ["late", "late"], "{status}\n{log}");
}
