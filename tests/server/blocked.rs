//! H9: nothing that is read from the server, and no full disk, blocks requests or the end of the process.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use userbook_tests::{
    binary::{command, send},
    serving::administer,
};

use crate::support::{Folder, KEY, on_one_processor, seed};

/// A server whose pipes the test does not read after the greeting.
struct Unread {
    child: Child,
    address: SocketAddr,
    folder: Folder,
}

impl Unread {
    /// `greeting_on_error`: the line with the address comes on standard error, because events use standard output.
    fn start(mut command: Command, arguments: &[&str], greeting_on_error: bool) -> Self {
        let folder = Folder::new();
        let path = folder.seed(&seed(4));
        command.args(["--listen", "127.0.0.1:0", "--database", &folder.database(), "--seed", &path]);
        let mut child = command.args(arguments).spawn().unwrap();
        let mut line = String::new();
        let mut read = |pipe: &mut dyn std::io::Read| {
            // Byte by byte: nothing after the line is read.
            let mut reader = BufReader::with_capacity(1, pipe);
            while !line.contains("listening on http://") {
                line.clear();
                assert!(reader.read_line(&mut line).unwrap() > 0, "the server does not start");
            }
        };
        if greeting_on_error {
            read(child.stderr.as_mut().unwrap());
        } else {
            read(child.stdout.as_mut().unwrap());
        }
        let address = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
        Self { child, address, folder }
    }

    fn patch(&self, n: usize) -> u16 {
        let bearer = format!("Bearer {KEY}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = json!({"attributes": {"n": n, "x": "y".repeat(4000)}}).to_string();
        let target = format!("/api/v3/core/users/{}/", 101 + n % 4);
        send(self.address, "PATCH", &target, &headers, Some(body.as_bytes())).unwrap().status
    }

    /// Sends SIGTERM; returns the exit code and the time to the end.
    fn stop(mut self) -> (Option<i32>, Duration) {
        let start = Instant::now();
        let sent = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        (self.child.wait().unwrap().code(), start.elapsed())
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        // The server may have ended already.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn unread_events_block_neither_updates_nor_the_end() {
    for mut command in [command(), on_one_processor()] {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let server = Unread::start(command, &["--events", "stdout"], true);
        // Far more than a pipe holds.
        for n in 0..100 {
            assert_eq!(server.patch(n), 200, "{n}");
        }
        let health = send(server.address, "GET", "/-/health/live/", &[], None).unwrap();
        assert_eq!(health.status, 200);
        let (code, time) = server.stop();
        assert_eq!(code, Some(0));
        assert!(time < Duration::from_secs(20), "{time:?}");
    }
}

#[test]
fn unread_log_blocks_neither_requests_nor_the_end() {
    let mut command = on_one_processor();
    command.env("USERBOOK_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Unread::start(command, &[], false);
    for n in 0..300 {
        assert_eq!(server.patch(n), 200, "{n}");
    }
    let (code, time) = server.stop();
    assert_eq!(code, Some(0));
    assert!(time < Duration::from_secs(20), "{time:?}");
}

#[test]
fn unwritable_log_drops_no_request() {
    let mut command = command();
    command.env("USERBOOK_LOG", "trace").stdout(Stdio::piped()).stderr(File::create("/dev/full").unwrap());
    let server = Unread::start(command, &[], false);
    for n in 0..50 {
        assert_eq!(server.patch(n), 200, "{n}");
    }
    let (code, _) = server.stop();
    assert_eq!(code, Some(0));
}

#[test]
fn closed_log_drops_no_request() {
    let mut command = command();
    command.env("USERBOOK_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = Unread::start(command, &[], false);
    drop(server.child.stderr.take());
    for n in 0..50 {
        assert_eq!(server.patch(n), 200, "{n}");
    }
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn closed_event_pipe_keeps_events_pending() {
    let mut command = command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = Unread::start(command, &["--events", "stdout"], true);
    drop(server.child.stdout.take());
    for n in 0..20 {
        assert_eq!(server.patch(n), 200, "{n}");
    }
    let pending = administer(&server.folder.database(), &["events", "list", "--pending", "--json"]);
    let pending: serde_json::Value = serde_json::from_slice(&pending.stdout).unwrap();
    assert_eq!(pending.as_array().unwrap().len(), 20);
    assert_eq!(server.stop().0, Some(0));
}
