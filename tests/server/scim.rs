//! SCIM connections.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;
use userbook_tests::{
    binary::{Server, command, send},
    connecting, pushing,
    serving::administer,
};

use crate::support::{Folder, unusable_outputs};

#[test]
fn connections_work_beside_a_server() {
    connecting::scim_connections_work_beside_a_server(&Folder::new().database());
}

#[test]
fn kills_during_pushes_lose_no_member() {
    pushing::kills_during_pushes_lose_no_member(&Folder::new().database());
}

#[test]
fn scim_is_served_only_on_request() {
    let folder = Folder::new();
    let server = Server::start(&["--database", &folder.database()]);
    let token = administer(&folder.database(), &["scim", "connect", "okta"]);
    let bearer = format!("Bearer {}", String::from_utf8(token.stdout).unwrap().trim());
    let answer = send(server.address, "GET", "/scim/v2/Users", &[("authorization", &bearer)], None).unwrap();
    assert_eq!(answer.status, 404);
}

#[test]
fn token_that_cannot_be_printed_leaves_no_connection() {
    let folder = Folder::new();
    administer(&folder.database(), &["demo"]);
    for output in unusable_outputs() {
        let mut connect = command();
        connect.args(["scim", "connect", "okta", "--database", &folder.database()]);
        assert!(!connect.stdout(output).stderr(Stdio::null()).status().unwrap().success());
        let list = administer(&folder.database(), &["scim", "list", "--json"]);
        assert_eq!(serde_json::from_slice::<Value>(&list.stdout).unwrap(), serde_json::json!([]));
    }
    assert!(administer(&folder.database(), &["scim", "connect", "okta"]).status.success());
}

/// A response that contains denials leaves as late as these denials alone: on a grid, with a step of 5 ms for each.
#[test]
fn bulk_requests_do_not_measure_denials() {
    let folder = Folder::new();
    let server = Server::start(&["--database", &folder.database(), "--scim"]);
    let token = administer(&folder.database(), &["scim", "connect", "okta"]);
    let bearer = format!("Bearer {}", String::from_utf8(token.stdout).unwrap().trim());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/scim+json")];
    let path = |n: usize| format!("/Users/5e1f0000-0000-4000-8000-{n:012}");
    let operations: Vec<Value> =
        (0..100).map(|n| serde_json::json!({"method": "DELETE", "path": path(n)})).collect();
    let body = serde_json::json!({"Operations": operations}).to_string();
    let start = Instant::now();
    let answer = send(server.address, "POST", "/scim/v2/Bulk", &headers, Some(body.as_bytes())).unwrap();
    assert_eq!(answer.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
}
