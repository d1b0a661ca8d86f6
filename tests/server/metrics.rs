//! `--metrics`: the page for Prometheus.
use serde_json::json;
use userbook_tests::{
    binary::{Server, send},
    receiver::wait_for,
};

use crate::support::{Folder, KEY, request, seed};

pub(crate) fn page(server: &Server) -> String {
    let answer = send(server.metrics_address(), "GET", "/metrics", &[], None).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    String::from_utf8(answer.body).unwrap()
}

/// Returns the value of a series.
pub(crate) fn value(page: &str, series: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {page}")).parse().unwrap()
}

#[test]
fn page_shows_requests_operations_queues_and_events() {
    let folder = Folder::new();
    let path = folder.seed(&seed(2));
    // A port where nothing listens.
    let (database, events) = (folder.database(), "http://127.0.0.1:9/hook");
    let arguments =
        ["--database", &database, "--seed", &path, "--metrics", "127.0.0.1:0", "--events", events];
    let server = Server::start(&arguments);
    for n in 0..3 {
        assert_eq!(request(&server, "PATCH", "101/", &json!({"name": n.to_string()})).status, 200);
    }
    assert_eq!(request(&server, "PATCH", "101/", &json!({"name": 1, "email": "x"})).status, 400);
    assert_eq!(request(&server, "GET", "999/", &json!(null)).status, 404);
    assert_eq!(send(server.address, "GET", "/made-up/%7B%22/path", &[], None).unwrap().status, 404);
    let text = page(&server);
    for (series, expected) in [
        ("userbook_requests_total{operation=\"core_users_partial_update\",status=\"200\"}", 3.0),
        ("userbook_requests_total{operation=\"core_users_partial_update\",status=\"400\"}", 1.0),
        ("userbook_requests_total{operation=\"core_users_retrieve\",status=\"404\"}", 1.0),
        ("userbook_requests_total{operation=\"other\",status=\"404\"}", 1.0),
        ("userbook_request_duration_seconds_count{operation=\"core_users_partial_update\"}", 4.0),
        ("userbook_operations_total{operation=\"update\",outcome=\"applied\",error=\"\"}", 3.0),
        ("userbook_attempts_total{operation=\"update\"}", 4.0),
        ("userbook_commits_total{outcome=\"applied\"}", 3.0),
        ("userbook_requests_in_flight{state=\"running\"}", 0.0),
        ("userbook_requests_in_flight{state=\"waiting\"}", 0.0),
        ("userbook_memory_used_bytes{use=\"request_bodies\"}", 0.0),
    ] {
        assert!((value(&text, series) - expected).abs() < 0.5, "{series}\n{text}");
    }
    let idle = || value(&page(&server), "userbook_database_connections{state=\"idle\"}");
    // A connection is returned after the response.
    wait_for("no connection is idle", || idle() >= 1.0);
    // The destination is down; the count is reused for a few seconds.
    let pending = || {
        let page = page(&server);
        page.lines().any(|line| {
            line.starts_with("userbook_events_pending{destination=\"webhook at 127.0.0.1\",key=\"")
                && line.ends_with(" 3")
        })
    };
    wait_for("the page does not show the pending events", pending);
    assert!(!text.contains("made-up") && !text.contains("user1"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(series.starts_with("userbook_") && value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn page_counts_what_saturation_rejects() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let arguments = ["--database", "memory:", "--seed", &path, "--metrics", "127.0.0.1:0"];
    let server = Server::start(&[&arguments[..], &["--body-memory", "1000", "--max-body", "2000"]].concat());
    let body = json!({"name": "x".repeat(1500)});
    assert_eq!(request(&server, "PATCH", "101/", &body).status, 503);
    let text = page(&server);
    assert!((value(&text, "userbook_rejected_total{reason=\"body_memory\"}") - 1.0).abs() < 0.5, "{text}");
}

#[test]
fn page_has_its_own_address_and_nothing_else() {
    let server = Server::start(&["--database", "memory:", "--metrics", "127.0.0.1:0"]);
    for (method, path, expected) in [
        ("GET", "/metrics", 200),
        ("HEAD", "/metrics", 200),
        ("POST", "/metrics", 405),
        ("GET", "/", 404),
        ("GET", "/api/v3/core/users/", 404),
    ] {
        assert_eq!(
            send(server.metrics_address(), method, path, &[], None).unwrap().status,
            expected,
            "{method} {path}"
        );
    }
    let bearer = format!("Bearer {KEY}");
    let public = send(server.address, "GET", "/metrics", &[("authorization", &bearer)], None).unwrap();
    assert_eq!(public.status, 404);
    let without = Server::start(&["--database", "memory:"]);
    assert!(!without.greeting.contains("metrics"), "{}", without.greeting);
}
