//! Clients that are slow or silent, or never finish a request.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use userbook_tests::{
    binary::{Answer, Server, parse},
    receiver::wait_for,
};

use crate::support::{Folder, KEY, request, seed};

fn server(arguments: &[&str]) -> Server {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    Server::start(&[&["--database", "memory:", "--seed", &path], arguments].concat())
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Reads until the server closes the connection.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut received = Vec::new();
    // A connection cut with unread data is reset, which also counts as an end.
    let _ = stream.read_to_end(&mut received);
    received
}

/// Sends a piece repeatedly until the server closes the connection.
fn drip(stream: &mut TcpStream, piece: &[u8]) -> Vec<u8> {
    let start = Instant::now();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut received = vec![0; 4096];
    while start.elapsed() < Duration::from_secs(30) {
        if stream.write_all(piece).is_err() {
            return Vec::new();
        }
        match stream.read(&mut received) {
            Ok(length) => return received.get(..length).unwrap().to_vec(),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock) => {}
            Err(_) => return Vec::new(),
        }
    }
    panic!("the server accepts everything");
}

fn head(token: &str, extra: &str) -> String {
    format!(
        "PATCH /api/v3/core/users/101/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\n{extra}\r\n\r\n"
    )
}

fn name(server: &Server) -> Value {
    let answer = request(server, "GET", "101/", &json!(null));
    serde_json::from_slice::<Value>(&answer.body).unwrap()["name"].clone()
}

fn whole(received: &[u8]) -> Answer {
    parse(received).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(received)))
}

#[test]
fn unfinished_head_times_out() {
    let server = server(&["--header-timeout", "0.5"]);
    let start = Instant::now();
    let mut silent = connect(&server);
    let mut begun = connect(&server);
    begun.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").unwrap();
    let mut dripping = connect(&server);
    dripping.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    assert!(!drip(&mut dripping, b"x: y\r\n").starts_with(b"HTTP/1.1 200"));
    for stream in [&mut silent, &mut begun] {
        assert!(!rest(stream).starts_with(b"HTTP/1.1 200"));
    }
    assert!(start.elapsed() < Duration::from_secs(20));
    // The timeout also applies between requests of a connection.
    wait_for("a connection does not end after a response", || {
        let mut kept = connect(&server);
        let sent = kept.write_all(b"GET /-/health/live/ HTTP/1.1\r\nhost: x\r\n\r\n");
        // On a busy machine the head may arrive too late.
        sent.is_ok() && rest(&mut kept).starts_with(b"HTTP/1.1 200")
    });
}

#[test]
fn head_above_the_limit_is_rejected() {
    let server = server(&[]);
    let mut stream = connect(&server);
    let line = format!("x: {}\r\n", "y".repeat(100_000));
    stream.write_all(format!("GET / HTTP/1.1\r\nhost: x\r\n{line}").as_bytes()).unwrap();
    assert!(rest(&mut stream).starts_with(b"HTTP/1.1 431"));
    assert_eq!(request(&server, "PATCH", "101/", &json!({"name": "after"})).status, 200);
}

#[test]
fn unfinished_body_writes_nothing() {
    let server = server(&["--body-timeout", "0.5", "--max-requests", "1", "--max-waiting", "0"]);
    let body = r#"{"name": "never"}"#;
    let chunk = format!("{:x}\r\n{body}\r\n", body.len());
    // First with a length, then in chunks without a last chunk. Sequentially, so that the timeouts do not overlap.
    for (framing, part) in [("content-length: 1000", body), ("transfer-encoding: chunked", chunk.as_str())] {
        for (token, expected) in [(KEY, 408), ("unknown", 403)] {
            // The other request may have taken the slot first.
            let retry = |answer: &Answer| token != KEY && answer.status == 503;
            let answer = until(retry, || unfinished(&server, token, framing, part));
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!((answer.status, body["detail"].is_string()), (expected, true), "{framing}: {body}");
        }
    }
    assert_eq!(name(&server), "kept");
}

/// Repeats a request while `retry` holds, for at most half a minute.
fn until(retry: impl Fn(&Answer) -> bool, send: impl Fn() -> Answer) -> Answer {
    let start = Instant::now();
    loop {
        let answer = send();
        if !retry(&answer) || start.elapsed() > Duration::from_secs(30) {
            return answer;
        }
    }
}

/// Sends a part of a body, and another request meanwhile, which is served although the server has a single slot.
fn unfinished(server: &Server, token: &str, framing: &str, part: &str) -> Answer {
    let mut slow = connect(server);
    let expects = if token == KEY { "\r\nexpect: 100-continue" } else { "" };
    slow.write_all(head(token, &format!("{framing}{expects}")).as_bytes()).unwrap();
    if token == KEY {
        // The server waits for the body.
        let mut interim = [0; 25];
        slow.read_exact(&mut interim).unwrap();
        assert!(interim.starts_with(b"HTTP/1.1 100"));
    }
    slow.write_all(part.as_bytes()).unwrap();
    // A denied request holds the slot until it is denied.
    let retry = |answer: &Answer| token != KEY && answer.status == 503;
    let patched = until(retry, || request(server, "PATCH", "101/", &json!({"name": "kept"})));
    assert_eq!(patched.status, 200);
    let dripped = framing.starts_with("transfer");
    whole(&if dripped { drip(&mut slow, b"1\r\n \r\n") } else { rest(&mut slow) })
}

#[test]
fn memory_for_bodies_is_limited() {
    let server = server(&["--body-memory", "1000", "--max-body", "2000"]);
    let body = |length: usize| json!({"name": "x".repeat(length)});
    for (length, expected) in [(100, 200), (1500, 503), (100, 200), (2500, 413), (100, 200)] {
        let answer = request(&server, "PATCH", "101/", &body(length));
        assert_eq!(answer.status, expected, "{length}");
        assert_eq!(answer.header("retry-after"), (expected == 503).then_some("1"));
    }
    let mut stream = connect(&server);
    stream.write_all(head(KEY, "transfer-encoding: chunked").as_bytes()).unwrap();
    let room = whole(&drip(&mut stream, format!("64\r\n{}\r\n", " ".repeat(100)).as_bytes()));
    assert_eq!(room.status, 503);
    assert_eq!(request(&server, "PATCH", "101/", &body(900)).status, 200);
}

#[test]
fn unfinished_requests_are_cut_after_the_shutdown_timeout() {
    for second in [false, true] {
        let limit = if second { "60" } else { "0.5" };
        let server = server(&["--body-timeout", "60", "--shutdown-timeout", limit]);
        let mut stream = connect(&server);
        stream.write_all(head(KEY, "content-length: 1000\r\nexpect: 100-continue").as_bytes()).unwrap();
        // The request is running once the server polls the body.
        let mut received = [0; 25];
        stream.read_exact(&mut received).unwrap();
        assert!(received.starts_with(b"HTTP/1.1 100"));
        let start = Instant::now();
        if second {
            server.signal("TERM");
            wait_for("the server listens after SIGTERM", || TcpStream::connect(server.address).is_err());
        }
        let (status, _) = server.stop("TERM");
        assert!(!status.success());
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
