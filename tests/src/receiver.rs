//! A receiver of webhooks.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;

/// A request that a receiver accepted: its headers and its event.
pub type Received = Arc<Mutex<Vec<(BTreeMap<String, String>, Value)>>>;

/// Decides the status of a request by its event.
pub type Decide = Arc<dyn Fn(&Value) -> u16 + Send + Sync>;

/// An HTTP server that collects events.
#[derive(Debug)]
pub struct Receiver {
    /// Its address.
    pub address: SocketAddr,
    /// The accepted requests.
    pub received: Received,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Listens at the address.
    pub fn start(address: &str, received: Received, decide: Decide) -> Self {
        let listener = TcpListener::bind(address).expect("the address is free");
        let address = listener.local_addr().expect("a listener has an address");
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, into) = (Arc::clone(&stop), Arc::clone(&received));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (into, decide) = (Arc::clone(&into), Arc::clone(&decide));
                let stopped = Arc::clone(&stopped);
                std::thread::spawn(move || {
                    let mut stream = BufReader::new(stream.expect("a connection"));
                    while !stopped.load(Ordering::Relaxed) && serve(&mut stream, &into, &decide).is_some() {}
                });
            }
        });
        Self { address, received, stop, thread: Some(thread) }
    }

    /// Stops, and returns what another receiver needs to continue.
    pub fn stop(mut self) -> (SocketAddr, Received) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread.
        _ = std::net::TcpStream::connect(self.address);
        _ = self.thread.take().map(JoinHandle::join);
        (self.address, Arc::clone(&self.received))
    }
}

/// Answers one request; `None` at the end of the connection.
fn serve(stream: &mut BufReader<std::net::TcpStream>, received: &Received, decide: &Decide) -> Option<()> {
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim().split_once(": ") {
            headers.insert(name.to_lowercase(), value.to_owned());
        }
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    let event: Value = serde_json::from_slice(&body).ok()?;
    let status = decide(&event);
    if status == 204 {
        received.lock().unwrap_or_else(PoisonError::into_inner).push((headers, event));
    }
    write!(stream.get_mut(), "HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n").ok()
}

/// The versions of each user's events, without repetitions, in the order of their first arrival.
pub fn versions(received: &Received) -> BTreeMap<String, Vec<u64>> {
    let mut versions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (_, event) in received.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let of_user = versions.entry(event["target"].to_string()).or_default();
        let version = event["version"].as_u64().expect("a version");
        if !of_user.contains(&version) {
            of_user.push(version);
        }
    }
    versions
}

/// Waits for this count, at most two minutes for each increase.
pub fn wait_for_all(what: &str, expected: u64, count: impl Fn() -> u64) {
    let (mut start, mut highest) = (Instant::now(), 0);
    loop {
        let now = count();
        if now >= expected {
            return;
        }
        if now > highest {
            (start, highest) = (Instant::now(), now);
        }
        assert!(start.elapsed() < Duration::from_mins(2), "{what}: {now} of {expected}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Waits for a condition, at most two minutes.
pub fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_mins(2), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
