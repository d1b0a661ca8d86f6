//! The built server as the target, and attacks on its connections.

use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use userbook_tests::binary::{Server, exchange, receive_one, request};

use crate::{bombs::ADDRESS_SPACE, fixture::*, seed::seed};

/// A server with the fixture on SQLite.
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

/// Returns a PATCH as bytes on the wire, by a caller or anonymous.
fn probe(by: Option<i64>, user: i64, media_type: &str, body: &str) -> String {
    let authorization = by.map(|by| format!("authorization: Bearer t-{by}\r\n")).unwrap_or_default();
    format!(
        "PATCH /api/v3/core/users/{user}/ HTTP/1.1\r\nhost: x\r\n{authorization}content-type: {media_type}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Returns a JSON Patch that tests a value and then copies large ones.
fn guess(pin: i64) -> String {
    let mut operations = vec![json!({"op": "test", "path": "/attributes/pin", "value": pin})];
    operations.push(json!({"op": "add", "path": "/attributes/zz", "value": ["a", "a", "a"]}));
    let copy = json!({"op": "copy", "from": "/attributes/zz", "path": "/attributes/zz/0"});
    operations.extend(std::iter::repeat_n(copy, 15));
    Value::from(operations).to_string()
}

/// Sends two requests alternately and returns the median time of each, in microseconds.
fn medians(served: &Served, requests: [&str; 2], rounds: usize) -> [f64; 2] {
    let mut stream = TcpStream::connect(served.server.address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (request, times) in requests.iter().zip(&mut times) {
            let start = Instant::now();
            stream.write_all(request.as_bytes()).unwrap();
            assert_eq!(receive_one(&mut stream).unwrap().status, 403);
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[rounds / 2]
    })
}

/// C2 as a client sees it, for anonymous callers and for callers without rights. Prints the medians; `denied` compares
/// the calls.
#[test]
#[ignore = "measures time"]
fn c2_medians_of_denied_requests() {
    const ROUNDS: usize = 2_000;
    let served = Served::within(ADDRESS_SPACE, &[]);
    let name = r#"{"name": "x"}"#;
    for by in [None, Some(NO_RIGHTS)] {
        let rename = |user| probe(by, user, JSON, name);
        let guesses = [4711, 4712].map(|pin| probe(by, ADMIN, JSON_PATCH, &guess(pin)));
        let pairs = [
            ("guess true and false", guesses.clone()),
            ("the same against itself", [guesses[0].clone(), guesses[0].clone()]),
            ("existing and missing", [rename(ALICE), rename(MISSING)]),
            ("superuser and ordinary", [rename(ADMIN), rename(ALICE)]),
            ("the same against itself", [rename(ALICE), rename(ALICE)]),
        ];
        for (pair, [one, other]) in pairs {
            let [one, other] = medians(&served, [&one, &other], ROUNDS);
            let difference = (one - other).abs();
            println!("{by:?} {pair:<24} {one:7.1} µs {other:7.1} µs, difference {difference:5.1} µs");
        }
    }
}
