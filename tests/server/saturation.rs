//! More clients than the server's limits allow.

use std::{
    collections::BTreeMap,
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use userbook_tests::binary::{Answer, Server, send};

use crate::support::{Folder, KEY, request, seed};

/// Returns the number of open files of this process.
fn files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX)
}

/// Sends the next request of a client; three of four requests write.
fn next(server: &Server, client: usize, round: usize) -> Answer {
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let target = format!("/api/v3/core/users/{}/", 101 + client % 8);
    let body =
        json!({"name": format!("{client} {round}"), "attributes": {"pad": "x".repeat(1000)}}).to_string();
    let (method, body) =
        if round.is_multiple_of(4) { ("GET", None) } else { ("PATCH", Some(body.as_bytes())) };
    send(server.address, method, &target, &headers, body).unwrap()
}

/// Stops all clients on drop.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs twice as many clients as the server serves and queues, each with sequential requests.
fn saturate(places: usize, seats: usize, time: Duration) {
    let folder = Folder::new();
    let path = folder.seed(&seed(8));
    let (work, wait) = (places.to_string(), seats.to_string());
    let limits = ["--max-requests", &work, "--max-waiting", &wait, "--health-timeout", "60"];
    let server = Server::start(&[&["--database", &folder.database(), "--seed", &path], &limits[..]].concat());
    let stop = AtomicBool::new(false);
    let answers = std::thread::scope(|scope| {
        // The clients end also after a failure, so that the test ends.
        let _end = Stops(&stop);
        let clients: Vec<_> = (0..2 * (places + seats))
            .map(|client| {
                let (server, stop) = (&server, &stop);
                scope.spawn(move || {
                    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
                    for round in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let answer = next(server, client, round);
                        *answers.entry(answer.status).or_default() += 1;
                        if answer.status == 503 {
                            let body: Value = serde_json::from_slice(&answer.body).unwrap();
                            assert_eq!(
                                (answer.header("retry-after"), &body["code"]),
                                (Some("1"), &json!("unavailable"))
                            );
                        }
                    }
                    answers
                })
            })
            .collect();
        let end = Instant::now() + time;
        while Instant::now() < end {
            for path in ["/-/health/live/", "/-/health/ready/"] {
                assert_eq!(send(server.address, "GET", path, &[], None).unwrap().status, 200, "{path}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        stop.store(true, Ordering::Relaxed);
        let mut all: BTreeMap<u16, usize> = BTreeMap::new();
        for client in clients {
            for (status, count) in client.join().unwrap() {
                *all.entry(status).or_default() += count;
            }
        }
        all
    });
    let over = Instant::now();
    let again = request(&server, "PATCH", "101/", &json!({"name": "after"}));
    let peak = server.peak_memory();
    println!("{answers:?}; peak {peak} KiB; recovered in {:?}", over.elapsed());
    assert_eq!(again.status, 200);
    assert!(over.elapsed() < Duration::from_mins(1));
    assert!(answers.keys().all(|status| [200, 409, 503].contains(status)), "{answers:?}");
    assert!(answers.contains_key(&200) && answers.contains_key(&503), "{answers:?}");
    assert!(peak < 256 * 1024, "{peak} KiB");
}

#[test]
fn excess_requests_get_503_without_other_effects() {
    saturate(4, 4, Duration::from_secs(3));
}

#[test]
#[ignore = "takes a minute"]
fn one_minute_at_twice_the_default_limits() {
    saturate(64, 512, Duration::from_mins(1));
}

#[test]
fn ten_thousand_idle_connections_do_not_block_requests() {
    // The other tests of this process need files, too.
    let count = 10_000.min(files().saturating_sub(3000).max(files() / 4));
    let server = Server::start(&["--database", "memory:", "--header-timeout", "4"]);
    let idle: Vec<TcpStream> = (0..count).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let live = || send(server.address, "GET", "/-/health/ready/", &[], None).unwrap().status;
    assert_eq!(live(), 200);
    let peak = server.peak_memory();
    println!("{count} idle connections: peak {peak} KiB");
    assert!(peak < 300 * 1024, "{peak} KiB");
    for mut stream in idle {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        assert!(matches!(std::io::Read::read(&mut stream, &mut [0]), Ok(0) | Err(_)));
    }
    assert_eq!(live(), 200);
}

#[test]
fn excess_connections_wait_for_a_closed_one() {
    let server = Server::start(&["--database", "memory:", "--max-connections", "2", "--header-timeout", "1"]);
    let start = Instant::now();
    let idle: Vec<TcpStream> = (0..2).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    assert_eq!(send(server.address, "GET", "/-/health/live/", &[], None).unwrap().status, 200);
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
    drop(idle);
}
