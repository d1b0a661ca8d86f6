//! The built server as the target, and attacks on its connections.

use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use userbook_tests::binary::{Server, exchange, receive_one, request};

use crate::{bombs::ADDRESS_SPACE, scene::*, seed::seed};

/// A server with the scene on SQLite.
pub(crate) struct Served {
    pub(crate) server: Server,
    folder: TempDir,
}

impl Served {
    /// Starts a server with a limited address space, in MiB.
    pub(crate) fn within(address_space: u64, arguments: &[&str]) -> Self {
        Self::with(address_space, &seed(), arguments)
    }

    /// The same with another seed.
    pub(crate) fn with(address_space: u64, seed: &Value, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed.json");
        std::fs::write(&path, seed.to_string()).unwrap();
        let seed = ["--seed", path.to_str().unwrap()];
        let server = Self::start(&folder, address_space, &[&seed, arguments].concat());
        Self { server, folder }
    }

    fn start(folder: &TempDir, address_space: u64, arguments: &[&str]) -> Server {
        let database = format!("sqlite:{}", folder.path().join("users.db").display());
        Server::start_within(address_space, &[&["--database", &database], arguments].concat())
    }

    /// Kills the server and starts it again on its database.
    pub(crate) fn restart(self, address_space: u64, arguments: &[&str]) -> Self {
        let Self { server, folder } = self;
        server.kill();
        Self { server: Self::start(&folder, address_space, arguments), folder }
    }

    /// Changes a user; the status of the answer.
    pub(crate) fn patch(&self, by: i64, user: i64, body: &Value) -> u16 {
        self.patch_with(by, user, JSON, body.to_string().as_bytes())
    }

    pub(crate) fn patch_with(&self, by: i64, user: i64, media_type: &str, body: &[u8]) -> u16 {
        let bearer = format!("Bearer t-{by}");
        let headers = [("authorization", bearer.as_str()), ("content-type", media_type)];
        let target = format!("/api/v3/core/users/{user}/");
        let bytes = request(self.server.address, "PATCH", &target, &headers, Some(body));
        exchange(self.server.address, &bytes).unwrap().status
    }
}

/// Bodies that never end, from as many clients as exhaust the memory for bodies.
#[test]
fn h5_anonymous_connections_stop_no_update() {
    let served = Served::within(ADDRESS_SPACE, &[]);
    let length = 4 * 1024 * 1024;
    let head = format!(
        "PATCH /api/v3/core/users/1/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    );
    let held: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = TcpStream::connect(served.server.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&[b' '; 1024]).unwrap();
            stream
        })
        .collect();
    for n in 0..20 {
        assert_eq!(served.patch(DESK, ALICE, &json!({"name": format!("name {n}")})), 200);
    }
    for mut stream in held {
        assert_eq!(receive_one(&mut stream).unwrap().status, 403);
    }
}

/// C2 as a client sees it. Prints the medians; the calls are compared in `denied`.
#[test]
#[ignore = "measures time"]
fn c2_medians_of_denied_requests() {
    const ROUNDS: usize = 2_000;
    let served = Served::within(ADDRESS_SPACE, &[]);
    let patch = |path: &str, value: Value| {
        let mut operations = vec![json!({"op": "test", "path": path, "value": value})];
        operations.push(json!({"op": "add", "path": "/attributes/zz", "value": ["a", "a", "a"]}));
        let copy = json!({"op": "copy", "from": "/attributes/zz", "path": "/attributes/zz/0"});
        operations.extend(std::iter::repeat_n(copy, 15));
        Value::from(operations).to_string()
    };
    let by = std::env::var("BY").ok();
    let probe = |user: i64, media_type: &str, body: &str| {
        let auth = by.as_ref().map(|by| format!("authorization: Bearer t-{by}\r\n")).unwrap_or_default();
        format!(
            "PATCH /api/v3/core/users/{user}/ HTTP/1.1\r\nhost: x\r\n{auth}content-type: {media_type}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let (right, wrong) = (patch("/attributes/pin", json!(4711)), patch("/attributes/pin", json!(4712)));
    let name = r#"{"name": "x"}"#;
    let pairs = [
        ("guess true", probe(ADMIN, JSON_PATCH, &right), probe(ADMIN, JSON_PATCH, &wrong)),
        ("the same against itself", probe(ADMIN, JSON_PATCH, &right), probe(ADMIN, JSON_PATCH, &right)),
        ("existing and missing", probe(ALICE, JSON, name), probe(MISSING, JSON, name)),
        ("superuser and ordinary", probe(ADMIN, JSON, name), probe(ALICE, JSON, name)),
        ("the same against itself", probe(ALICE, JSON, name), probe(ALICE, JSON, name)),
    ];
    for (name, one, other) in pairs {
        let mut stream = TcpStream::connect(served.server.address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..2 * ROUNDS {
            let (probe, times) = if round % 2 == 0 { (&one, &mut times[0]) } else { (&other, &mut times[1]) };
            let start = Instant::now();
            stream.write_all(probe.as_bytes()).unwrap();
            let status = receive_one(&mut stream).unwrap().status;
            assert!(status == 403 || status == 404, "{status}");
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        let [one, other] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        });
        println!("{name:<24} {one:7.1} µs {other:7.1} µs  difference {:5.1} µs", (one - other).abs());
    }
}
