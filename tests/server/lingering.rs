//! Responses that are sent before the request is received completely.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::json;
use userbook_tests::binary::{Server, exchange, receive_one};

use crate::support::{Folder, KEY, seed};

fn server(arguments: &[&str]) -> Server {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    Server::start(&[&["--database", "memory:", "--seed", &path], arguments].concat())
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    stream
}

fn head(extra: &str) -> String {
    format!(
        "PUT /api/v3/core/users/101/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{extra}\r\n\r\n"
    )
}

/// Returns whether the server has closed or reset the connection.
fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => rest.is_empty(),
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

#[test]
fn large_bodies_of_denied_callers_do_not_hide_the_response() {
    let server = server(&[]);
    for length in [300 * 1024, 1 << 20, 4 << 20, 64 << 20] {
        let mut request = head(&format!("content-length: {length}")).into_bytes();
        request.resize(request.len() + length, b' ');
        let answer = exchange(server.address, &request).unwrap();
        assert_eq!((answer.status, answer.header("connection")), (403, Some("close")), "{length}");
        assert!(!answer.body.is_empty());
    }
}

#[test]
fn denied_callers_receive_no_100_continue() {
    let server = server(&[]);
    let mut stream = connect(&server);
    stream.write_all(head("content-length: 100\r\nexpect: 100-continue").as_bytes()).unwrap();
    let answer = receive_one(&mut stream).unwrap();
    assert_eq!((answer.status, answer.header("connection")), (403, Some("close")));
    assert!(is_closed(&mut stream));

    // An authorized caller receives it once the server polls the body.
    let mut stream = connect(&server);
    let authorized = format!("authorization: Bearer {KEY}\r\ncontent-length: 2\r\nexpect: 100-continue");
    stream.write_all(head(&authorized).as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(interim, *b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").unwrap();
    assert_eq!(receive_one(&mut stream).unwrap().status, 400);
}

#[test]
fn endless_bodies_of_denied_callers_are_cut_after_the_response() {
    let server = server(&[]);
    let mut stream = connect(&server);
    stream.write_all(head("transfer-encoding: chunked").as_bytes()).unwrap();
    let mut sending = stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        let chunk = format!("{:x}\r\n{}\r\n", 10_000, "x".repeat(10_000));
        // Ends when the server closes the connection.
        while sending.write_all(chunk.as_bytes()).is_ok() {}
    });
    let answer = receive_one(&mut stream).unwrap();
    assert_eq!((answer.status, answer.header("connection")), (403, Some("close")));
    assert!(is_closed(&mut stream));
    sender.join().unwrap();
}

#[test]
fn small_bodies_of_denied_callers_keep_the_connection() {
    let server = server(&[]);
    let mut stream = connect(&server);
    for _ in 0..3 {
        let body = json!({"name": "x".repeat(1000)}).to_string();
        let head_of_body = head(&format!("content-length: {}", body.len()));
        // At once: the server waits for a body only for a short time after its response.
        stream.write_all((head_of_body + &body).as_bytes()).unwrap();
        let answer = receive_one(&mut stream).unwrap();
        assert_eq!((answer.status, answer.header("connection")), (403, None));
        // A second request on the connection, authorized.
        let body = json!({"username": "user1", "name": "Ada"}).to_string();
        let headers = format!("authorization: Bearer {KEY}\r\ncontent-length: {}", body.len());
        stream.write_all(head(&headers).as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        assert_eq!(receive_one(&mut stream).unwrap().status, 200);
    }
}

/// A request above the limits gets 503, whatever the client still sends.
#[test]
fn rejected_requests_deliver_503_while_the_client_sends() {
    let server = server(&["--max-requests", "1", "--max-waiting", "0"]);
    let mut request =
        head(&format!("authorization: Bearer {KEY}\r\ncontent-length: {}", 1 << 20)).into_bytes();
    request.resize(request.len() + (1 << 20), b' ');
    let answers: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..16).map(|_| scope.spawn(|| exchange(server.address, &request).unwrap())).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    for answer in answers {
        assert!([400, 503].contains(&answer.status), "{}", answer.status);
        assert_eq!(answer.header("retry-after").is_some(), answer.status == 503);
    }
}
