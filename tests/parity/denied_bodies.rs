//! Callers without access who are still sending: they receive the response, and the endpoint does not read the body.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use userbook::Policy;

use crate::{
    hosts::{Hosts, WAYS, Way},
    switch::api,
    variants::case,
};

const MEBIBYTE: usize = 1024 * 1024;
/// Attempts for each server, because a connection reset before the response depends on timing.
const ATTEMPTS: usize = 20;

/// Starts servers whose endpoint denies anonymous callers; returns the path of a user.
fn start() -> (Hosts, String) {
    let (hosts, case) = (Hosts::start(), case());
    hosts.switch.set(hosts.runtime.block_on(api(&case, &Policy::hardened())));
    (hosts, case.recorded.request.path.clone())
}

/// Returns the head of an anonymous request that keeps the connection open.
fn head(path: &str, more: &str) -> String {
    format!(
        "PATCH {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {MEBIBYTE}\r\n{more}\r\n"
    )
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Reads up to the end of the response or of the connection.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        // The response ends with the JSON object, even if the server keeps the connection open.
        if answer.ends_with(b"}") {
            break;
        }
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error} after {}", answer.escape_ascii()),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn is_denied(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 403")
        && answer.contains("You do not have permission to perform this action.")
}

/// Sends the body in pieces while the server accepts them, then reads.
fn send_then_read(address: SocketAddr, path: &str, pause: Duration) -> String {
    let mut stream = connect(address);
    stream.write_all(head(path, "").as_bytes()).unwrap();
    let piece = vec![b' '; 16 * 1024];
    for _ in 0..MEBIBYTE / piece.len() {
        if stream.write_all(&piece).is_err() {
            break;
        }
        std::thread::sleep(pause);
    }
    read_answer(&mut stream)
}

/// Reads while another thread sends.
fn send_and_read(address: SocketAddr, path: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(head(path, "").as_bytes()).unwrap();
    let mut sender = stream.try_clone().unwrap();
    let sending = std::thread::spawn(move || {
        let piece = vec![b' '; 16 * 1024];
        for _ in 0..MEBIBYTE / piece.len() {
            if sender.write_all(&piece).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let answer = read_answer(&mut stream);
    sending.join().unwrap();
    answer
}

fn served() -> impl Iterator<Item = Way> {
    WAYS.into_iter().filter(|way| *way != Way::AxumCalled)
}

#[test]
fn client_that_reads_while_sending_receives_the_denial() {
    let (hosts, path) = start();
    for way in served() {
        let Some(address) = hosts.address(way) else { continue };
        for _ in 0..ATTEMPTS {
            let answer = send_and_read(address, &path);
            assert!(is_denied(&answer), "{way:?}: {answer:?}");
        }
    }
}

#[test]
fn client_that_sends_everything_first_receives_the_denial() {
    let (hosts, path) = start();
    for way in served() {
        let Some(address) = hosts.address(way) else { continue };
        for pause in [0, 1].map(Duration::from_millis) {
            for _ in 0..ATTEMPTS {
                let answer = send_then_read(address, &path, pause);
                assert!(is_denied(&answer), "{way:?} {pause:?}: {answer:?}");
            }
        }
    }
}

/// hyper sends `100 Continue` when the body is polled, so that a denied caller never gets it. actix-web sends `100
/// Continue` before any service gets the request.
#[test]
fn client_that_waits_for_100_continue_receives_the_denial() {
    let (hosts, path) = start();
    for way in served() {
        let Some(address) = hosts.address(way) else { continue };
        let mut stream = connect(address);
        stream.write_all(head(&path, "expect: 100-continue\r\nconnection: close\r\n").as_bytes()).unwrap();
        let answer = read_answer(&mut stream);
        let asks = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n");
        assert_eq!(
            asks.is_some(),
            [Way::ActixRoutes, Way::ActixDefault].contains(&way),
            "{way:?}: {answer:?}"
        );
        assert!(is_denied(asks.unwrap_or(&answer)), "{way:?}: {answer:?}");
    }
}
