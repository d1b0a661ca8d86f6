//! Clients that stall, are slow or send much do not keep authorized callers from working.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use userbook_tests::{
    binary::{self, Answer, Server, exchange, receive_one, send},
    receiver::wait_for,
};

use crate::{
    metrics::{page, value},
    support::{Folder, KEY, on_one_processor, request, seed},
};

/// The token of a second caller.
const OTHER: &str = "another-key-of-tests";

/// A seed with a second token of the administrator.
fn two_callers(users: i64) -> Value {
    let mut seed = seed(users);
    let mut token = seed["tokens"][0].clone();
    token["key"] = json!(OTHER);
    seed["tokens"].as_array_mut().unwrap().push(token);
    seed
}

fn server(seed: &Value, arguments: &[&str]) -> Server {
    let folder = Folder::new();
    let path = folder.seed(seed);
    Server::start(&[&["--database", "memory:", "--seed", &path], arguments].concat())
}

fn send_as(server: &Server, key: &str, method: &str, target: &str, body: Option<&[u8]>) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let target = format!("/api/v3/core/users/{target}");
    // The server may close a connection that is still sending after it has answered 503.
    exchange(server.address, &binary::request(server.address, method, &target, &headers, body)).unwrap()
}

/// How the connections of a crowd behave.
#[derive(Debug, Clone, Copy)]
enum Behaviour {
    /// Sends nothing.
    Silent,
    /// Sends a part of a head.
    Head,
    /// Sends most of a head of 60 kB.
    LargeHead,
    /// Sends a head without credentials and most of a body.
    Body,
    /// Sends a head without credentials, and one byte of the body ten times per second.
    Drip,
}

const BEHAVIOURS: [Behaviour; 5] =
    [Behaviour::Silent, Behaviour::Head, Behaviour::LargeHead, Behaviour::Body, Behaviour::Drip];

/// Connections of clients without credentials. They end on drop.
struct Crowd {
    stop: Arc<AtomicBool>,
    keeper: Option<JoinHandle<()>>,
}

impl Crowd {
    fn new(address: SocketAddr, size: usize, behaviour: Behaviour) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let streams: Vec<_> = (0..size).map(|_| connect(address, behaviour)).collect();
        let keeper = std::thread::spawn(move || keep(&stopped, address, behaviour, streams));
        Self { stop, keeper: Some(keeper) }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(keeper) = self.keeper.take() {
            keeper.join().unwrap();
        }
    }
}

fn connect(address: SocketAddr, behaviour: Behaviour) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "PATCH /api/v3/core/users/101/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let length = 4_000_000;
    let sent = match behaviour {
        Behaviour::Silent => String::new(),
        Behaviour::Head => head.to_owned(),
        Behaviour::LargeHead => format!("{head}x: {}", "y".repeat(60_000)),
        Behaviour::Body => format!("{head}content-length: {length}\r\n\r\n{}", " ".repeat(50_000)),
        Behaviour::Drip => format!("{head}content-length: {length}\r\n\r\n"),
    };
    // The server may have closed the connection already.
    _ = stream.write_all(sent.as_bytes());
    stream
}

/// Keeps the crowd at its size: a client whose connection the server closes connects again.
fn keep(stop: &AtomicBool, address: SocketAddr, behaviour: Behaviour, mut streams: Vec<TcpStream>) {
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        for stream in &mut streams {
            stream.set_nonblocking(true).unwrap();
            let closed = match stream.read(&mut [0; 4096]) {
                Ok(0) => true,
                Ok(_) => false,
                Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
            };
            if closed {
                *stream = connect(address, behaviour);
            } else if matches!(behaviour, Behaviour::Drip) {
                _ = stream.write(b" ");
            }
        }
    }
}

#[test]
fn authorized_callers_work_while_512_connections_stall() {
    let server = server(&seed(4), &["--wait-timeout", "10"]);
    for behaviour in BEHAVIOURS {
        let crowd = Crowd::new(server.address, 512, behaviour);
        for n in 0..40 {
            let body = json!({"name": n.to_string(), "attributes": {"pad": "x".repeat(1000)}});
            let answer = request(&server, "PATCH", &format!("{}/", 101 + n % 4), &body);
            assert_eq!(answer.status, 200, "{behaviour:?}");
        }
        drop(crowd);
    }
}

/// Sends updates for this time and returns their number per second.
fn rate(server: &Server, time: Duration) -> f64 {
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < time {
        let body = json!({"name": count.to_string()});
        assert_eq!(request(server, "PATCH", &format!("{}/", 101 + count % 4), &body).status, 200);
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

#[test]
#[ignore = "measures time"]
fn updates_keep_most_of_their_rate_while_connections_stall() {
    let time = Duration::from_millis(500);
    for size in [16, 64, 512] {
        for behaviour in BEHAVIOURS {
            let folder = Folder::new();
            let path = folder.seed(&seed(4));
            let server = Server::start(&["--database", &folder.database(), "--seed", &path]);
            rate(&server, time);
            let (mut quiet, mut crowded) = (0.0, 0.0);
            for _ in 0..5 {
                quiet += rate(&server, time);
                let crowd = Crowd::new(server.address, size, behaviour);
                // The crowd is connected; its heads are with the server.
                std::thread::sleep(Duration::from_millis(200));
                crowded += rate(&server, time);
                drop(crowd);
                std::thread::sleep(Duration::from_millis(200));
            }
            let ratio = crowded / quiet;
            println!(
                "{size} connections, {behaviour:?}: {:.0} of {:.0} updates/s, {ratio:.2}",
                crowded / 5.0,
                quiet / 5.0
            );
            assert!(ratio > 0.8, "{size} {behaviour:?}: {ratio:.2}");
        }
    }
}

#[test]
fn stalled_bodies_of_one_caller_leave_memory_to_others() {
    let server = server(&two_callers(2), &["--body-memory", "4000000", "--max-body", "1000000"]);
    let head = |key: &str, length: usize| {
        format!(
            "PATCH /api/v3/core/users/101/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n"
        )
    };
    // Each client is authorized, sends most of a body and stalls. Further clients of this caller get 503.
    let stalled: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(head(KEY, 900_000).as_bytes()).unwrap();
            stream.read_exact(&mut [0; 25]).unwrap();
            _ = stream.write_all(&vec![b' '; 899_000]);
            stream
        })
        .collect();
    let large = json!({"name": "large", "attributes": {"pad": "x".repeat(30_000)}}).to_string();
    let padded = format!("{large}{}", " ".repeat(800_000));
    // The server receives the stalled bodies meanwhile.
    let refused = || send_as(&server, KEY, "PATCH", "101/", Some(padded.as_bytes())).status == 503;
    wait_for("the caller's share is never used up", refused);
    let other = send_as(&server, OTHER, "PATCH", "102/", Some(padded.as_bytes()));
    assert_eq!(other.status, 200, "{}", String::from_utf8_lossy(&other.body));
    drop(stalled);
    let again = || send_as(&server, KEY, "PATCH", "101/", Some(padded.as_bytes())).status == 200;
    wait_for("the memory does not come back", again);
}

#[test]
fn body_below_the_minimum_rate_gets_408() {
    let server = server(&seed(1), &["--body-rate", "10000"]);
    let mut stream = TcpStream::connect(server.address).unwrap();
    let head = format!(
        "PATCH /api/v3/core/users/101/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\ncontent-length: 100000\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let start = Instant::now();
    let mut writing = stream.try_clone().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let sender = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) && writing.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let mut received = [0; 12];
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    stream.read_exact(&mut received).unwrap();
    stop.store(true, Ordering::Relaxed);
    sender.join().unwrap();
    assert_eq!(&received, b"HTTP/1.1 408");
    // The timeout of 20 s for the whole body is not reached.
    assert!(start.elapsed() < Duration::from_secs(18), "{:?}", start.elapsed());
}

#[test]
fn unread_responses_of_one_caller_leave_memory_to_others() {
    let mut rows = two_callers(100);
    for user in rows["users"].as_array_mut().unwrap() {
        user["attributes"] = json!({"pad": "x".repeat(60_000)});
    }
    let server = server(&rows, &["--response-memory", "24000000"]);
    let list = |key: &str| {
        format!(
            "GET /api/v3/core/users/?page_size=100 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"
        )
    };
    let open = |key: &str| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(list(key).as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
        stream
    };
    // Two responses of 6 MB use the share of one caller.
    let unread = [open(KEY), open(KEY)];
    let status = |key: &str| exchange(server.address, list(key).as_bytes()).unwrap().status;
    assert_eq!(status(KEY), 503);
    // A write, another caller and small responses pass.
    assert_eq!(send_as(&server, KEY, "PATCH", "101/", Some(br#"{"name": "new"}"#)).status, 200);
    assert_eq!(status(OTHER), 200);
    drop(unread);
    wait_for("the memory does not come back", || status(KEY) == 200);
}

/// The rest of a body that is discarded is no head.
#[test]
fn bodies_of_denied_requests_use_no_memory_of_heads() {
    let server = server(&seed(1), &["--head-memory", "100000", "--metrics", "127.0.0.1:0"]);
    let head = |length: usize| {
        format!(
            "PUT /api/v3/core/users/101/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        )
    };
    let length = 200_000;
    let request = head(length) + &" ".repeat(length);
    for n in 0..20 {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        assert_eq!(receive_one(&mut stream).unwrap().status, 403, "request {n}");
        assert!(
            value(&page(&server), "userbook_memory_used_bytes{use=\"request_heads\"}") < 1.0,
            "request {n}"
        );
    }
}

#[test]
fn unfinished_heads_share_a_limit() {
    let server = server(&seed(1), &["--head-memory", "200000", "--metrics", "127.0.0.1:0"]);
    let crowd: Vec<_> = (0..64).map(|_| connect(server.address, Behaviour::LargeHead)).collect();
    let closed = || {
        let is_closed = |mut stream: &TcpStream| {
            stream.set_nonblocking(true).unwrap();
            !matches!(stream.read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
        };
        crowd.iter().filter(|stream| is_closed(stream)).count()
    };
    // Three heads of 60 kB fit.
    wait_for("the server keeps all heads", || closed() >= 60);
    assert!(closed() < 64, "the first heads are kept");
    assert!(value(&page(&server), "userbook_rejected_total{reason=\"head_memory\"}") >= 60.0);
    assert_eq!(request(&server, "PATCH", "101/", &json!({"name": "new"})).status, 200);
}

/// A body of 4 MB near the limit of nodes.
fn expensive() -> String {
    let items: Vec<Value> = (0..60_000).map(|n| json!(format!("{n}{}", "\u{e9}".repeat(20)))).collect();
    json!({"name": "x", "attributes": {"a": items}}).to_string()
}

/// Sends expensive updates of a user until `stop`; returns the times of those that were decided.
fn update_expensively(server: &Server, user: usize, body: &str, stop: &AtomicBool) -> Vec<Duration> {
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        let answer = send_as(server, KEY, "PATCH", &format!("{user}/"), Some(body.as_bytes()));
        if answer.status != 503 {
            times.push(start.elapsed());
        }
    }
    times
}

/// Returns the time that this part of the times does not exceed, in percent.
fn percentile(mut times: Vec<Duration>, part: usize) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() * part / 100).copied()
}

#[test]
fn liveness_answers_on_one_processor_while_expensive_requests_run() {
    let folder = Folder::new();
    let path = folder.seed(&seed(4));
    let server =
        Server::try_start_by(on_one_processor(), &["--database", "memory:", "--seed", &path]).unwrap();
    let (stop, body) = (AtomicBool::new(false), expensive());
    let (answers, requests) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|n| {
                let (server, stop, body) = (&server, &stop, &body);
                scope.spawn(move || update_expensively(server, 101 + n % 4, body, stop))
            })
            .collect();
        let mut answers = Vec::new();
        for _ in 0..20 {
            let start = Instant::now();
            let answer = send(server.address, "GET", "/-/health/live/", &[], None);
            // The clients end also after a failure.
            answers.push(answer.is_ok_and(|answer| answer.status == 200).then(|| start.elapsed()));
            std::thread::sleep(Duration::from_millis(100));
        }
        stop.store(true, Ordering::Relaxed);
        (answers, clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Vec<_>>())
    });
    let answers = answers.into_iter().map(|time| time.expect("liveness answers")).collect();
    // A few slow answers may be the system's.
    let liveness = percentile(answers, 80).unwrap();
    let request = percentile(requests, 50).expect("an expensive request is decided");
    println!("liveness {liveness:?}, an expensive request {request:?}");
    // Compared with the requests, because the speed of the machine differs. Liveness that shares the threads of the
    // requests takes more than a tenth.
    assert!(20 * liveness < request, "{liveness:?}, {request:?}");
}
