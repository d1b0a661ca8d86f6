//! The reference server with an unresponsive database, or with a locked row.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::ConnectOptions;
use userbook_tests::{
    binary::{Answer, Server, send},
    servers::postgres::Database,
    stall::Stall,
};

const USER: &str = "/api/v3/core/users/1/";

/// Limits for an unresponsive database.
const UNRESPONSIVE: [&str; 10] = [
    "--step-timeout",
    "3",
    "--acquire-timeout",
    "3",
    "--health-timeout",
    "3",
    "--update-timeout",
    "3",
    "--shutdown-timeout",
    "1",
];

/// Limits for a locked row: only the lock takes long.
const LOCKED: [&str; 10] = [
    "--lock-timeout",
    "0.3",
    "--update-timeout",
    "2",
    "--step-timeout",
    "60",
    "--acquire-timeout",
    "60",
    "--statement-timeout",
    "60",
];

struct Running {
    server: Server,
    bearer: String,
}

impl Running {
    fn start(url: &str, limits: &[&str]) -> Self {
        let server = Server::start(&[&["--database", url], limits].concat());
        let token = server.greeting.split_once("Bearer ").unwrap().1.split_once('\'').unwrap().0;
        let bearer = format!("Bearer {token}");
        Self { server, bearer }
    }

    fn send(&self, method: &str, path: &str, name: &str) -> Answer {
        let headers = [("authorization", self.bearer.as_str()), ("content-type", "application/json")];
        let body = json!({"name": name}).to_string();
        let body = (method == "PATCH").then_some(body.as_bytes());
        let start = Instant::now();
        let answer = send(self.server.address, method, path, &headers, body).unwrap();
        assert!(start.elapsed() < Duration::from_mins(1), "{method} {path}: {:?}", start.elapsed());
        answer
    }

    fn name(&self) -> String {
        let shown: serde_json::Value = serde_json::from_slice(&self.send("GET", USER, "").body).unwrap();
        shown["name"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unresponsive_database_makes_the_server_unready() {
    let database = Database::blank().await;
    let options = database.options();
    let stall = Stall::before(options.get_host(), options.get_port());
    let through = options.host("127.0.0.1").port(stall.address.port());
    let running = Running::start(through.to_url_lossy().as_str(), &UNRESPONSIVE);
    let ready = |running: &Running| running.send("GET", "/-/health/ready/", "").status;
    assert_eq!(running.send("PATCH", USER, "before").status, 200);
    assert_eq!(ready(&running), 200);

    stall.silence(true);
    // The server reuses the last check for a short time.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(running.send("GET", "/-/health/live/", "").status, 200);
    assert_eq!(ready(&running), 503);
    std::thread::scope(|scope| {
        for round in 0..12 {
            let (running, method) = (&running, if round % 2 == 0 { "PATCH" } else { "GET" });
            scope.spawn(move || {
                let answer = running.send(method, USER, "while silent");
                assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{method}");
            });
        }
    });

    stall.silence(false);
    let start = Instant::now();
    while ready(&running) != 200 || running.send("PATCH", USER, "after").status != 200 {
        assert!(start.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(running.name(), "after");
    // The server stops in time although the database is unresponsive again.
    stall.silence(true);
    let start = Instant::now();
    running.server.stop("TERM");
    assert!(start.elapsed() < Duration::from_mins(1));
}

/// A request that waits for a lock in vain fails in time and has written nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wait_for_a_locked_row_times_out() {
    let database = Database::blank().await;
    let running = Running::start(database.options().to_url_lossy().as_str(), &LOCKED);
    let mut other = database.pool().begin().await.unwrap();
    sqlx::query("SELECT 1 FROM userbook_user WHERE id = 1 FOR UPDATE").execute(&mut *other).await.unwrap();
    let answer = running.send("PATCH", USER, "held");
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, &body["code"]), (409, &json!("contended")), "{body}");
    other.rollback().await.unwrap();
    assert_ne!(running.name(), "held");
    assert_eq!(running.send("PATCH", USER, "free").status, 200);
    assert_eq!(running.name(), "free");
}
