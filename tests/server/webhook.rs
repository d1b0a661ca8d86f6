//! Webhooks: each event arrives, those of one user in their order, although the receiver fails and restarts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use userbook_tests::{
    binary::Server,
    receiver::{Decide, Received, Receiver, versions, wait_for, wait_for_all},
    serving::{administer, events_reach_each_destination},
};

use crate::{
    events::none_pending,
    support::{Folder, request, seed},
};

#[test]
fn every_event_arrives_in_order_from_two_replicas_at_a_receiver_that_fails() {
    deliver_all(5, 40);
}

#[test]
#[ignore = "takes minutes"]
fn ten_thousand_events_arrive_in_order_from_two_replicas_at_a_receiver_that_fails() {
    deliver_all(50, 200);
}

/// Changes users on two servers while one call of five fails and the receiver restarts.
fn deliver_all(users: i64, rounds: u64) {
    let folder = Folder::new();
    let path = folder.seed(&seed(users));
    let counter = Arc::new(AtomicU64::new(0));
    // One call in five fails, in three ways.
    let decide: Decide = Arc::new(move |_| match counter.fetch_add(1, Ordering::Relaxed) % 15 {
        3 => 500,
        7 => 503,
        11 => 429,
        _ => 204,
    });
    let receiver = Receiver::start("127.0.0.1:0", Received::default(), Arc::clone(&decide));
    let url = format!("http://{}/hook", receiver.address);
    let database = folder.database();
    let events = ["--database", &database, "--events", &url];
    let first = Server::start(&[&events[..], &["--seed", &path]].concat());
    let second = Server::start(&events);
    let mut receiver = Some(receiver);
    for round in 0..rounds {
        for user in 101..101 + users {
            let server = if round % 2 == 0 { &first } else { &second };
            let body = json!({"name": format!("{round}")});
            assert_eq!(request(server, "PATCH", &format!("{user}/"), &body).status, 200);
        }
        if round == rounds / 2 {
            // The receiver restarts.
            let (address, received) = receiver.take().unwrap().stop();
            std::thread::sleep(Duration::from_millis(300));
            receiver = Some(Receiver::start(&address.to_string(), received, Arc::clone(&decide)));
        }
    }
    let received = Arc::clone(&receiver.as_ref().unwrap().received);
    let expected = users.unsigned_abs() * rounds;
    wait_for_all("events do not arrive", expected, || {
        versions(&received).values().map(|versions| versions.len() as u64).sum()
    });
    for (user, versions) in versions(&received) {
        assert_eq!(versions, (1..=rounds).collect::<Vec<_>>(), "{user}");
    }
    let failed = administer(&database, &["events", "failed", "--json"]);
    assert_eq!(String::from_utf8(failed.stdout).unwrap().trim(), "[]");
}

#[test]
fn each_destination_gets_its_events() {
    events_reach_each_destination(&Folder::new().database());
}

#[test]
fn requests_are_signed_and_secrets_stay_out_of_events() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let receiver = Receiver::start("127.0.0.1:0", Received::default(), Arc::new(|_| 204));
    let url = format!("http://{}/hook", receiver.address);
    let server = Server::start(&[
        "--database",
        &folder.database(),
        "--seed",
        &path,
        "--events",
        &url,
        "--webhook-secret",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "--secret-attribute",
        "mfa.seed",
    ]);
    let body = json!({"attributes": {"mfa": {"seed": "JBSWY3DP"}, "pin": 1}});
    assert_eq!(request(&server, "PATCH", "101/", &body).status, 200);
    wait_for("the event does not arrive", || !receiver.received.lock().unwrap().is_empty());
    let received = receiver.received.lock().unwrap();
    let (headers, event) = &received[0];
    assert_eq!(headers["webhook-id"], event["id"].as_str().unwrap());
    assert!(headers["webhook-timestamp"].parse::<i64>().unwrap() > 1_700_000_000);
    assert!(headers["webhook-signature"].starts_with("v1,"), "{headers:?}");
    let text = event.to_string();
    assert!(text.contains("\"pin\"") && !text.contains("JBSWY3DP"), "{text}");
    let (_, log) = server.log();
    assert!(!log.contains("MfKQ9r8"), "{log}");
}

#[test]
fn rejected_event_is_set_aside_and_listed_and_the_next_one_arrives() {
    let folder = Folder::new();
    let path = folder.seed(&seed(2));
    let arrived = AtomicBool::new(false);
    // 503 is no rejection: the event is set aside only after the other user's event has arrived.
    let decide: Decide = Arc::new(move |event| match event["diff"]["name"]["new"].as_str() {
        Some("poison") if arrived.load(Ordering::SeqCst) => 400,
        Some("poison") => 503,
        name => {
            arrived.fetch_or(name == Some("other"), Ordering::SeqCst);
            204
        }
    });
    let receiver = Receiver::start("127.0.0.1:0", Received::default(), decide);
    let url = format!("http://{}/hook", receiver.address);
    let database = folder.database();
    let events = ["--events", &url, "--events-tries", "3"];
    let server = Server::start(&[&["--database", &database, "--seed", &path], &events[..]].concat());
    for (user, name) in [(101, "poison"), (101, "after"), (102, "other")] {
        assert_eq!(request(&server, "PATCH", &format!("{user}/"), &json!({"name": name})).status, 200);
    }
    // Other users do not wait for the rejected event.
    let names = || -> Vec<String> {
        let received = receiver.received.lock().unwrap();
        received.iter().map(|(_, event)| event["diff"]["name"]["new"].as_str().unwrap().to_owned()).collect()
    };
    wait_for("the events of the others do not arrive", || names() == ["other", "after"]);
    let failed = administer(&folder.database(), &["events", "failed", "--json"]);
    let failed: Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!(failed[0]["event"]["diff"]["name"]["new"], "poison");
    assert!(failed[0]["error"].as_str().unwrap().contains("400"), "{failed}");
}

#[test]
fn events_go_to_a_file_that_only_the_owner_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let target = format!("file:{}", folder.path("events.jsonl").display());
    let server = Server::start(&["--database", &folder.database(), "--seed", &path, "--events", &target]);
    assert_eq!(request(&server, "PATCH", "101/", &json!({"name": "Ada"})).status, 200);
    wait_for("the event stays pending", || none_pending(&folder.database()));
    assert!(server.stop("TERM").0.success());
    let text = std::fs::read_to_string(folder.path("events.jsonl")).unwrap();
    let event: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(event["diff"]["name"]["new"], "Ada");
    let mode = std::fs::metadata(folder.path("events.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn old_events_are_deleted_when_nothing_receives_them() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let server = Server::start(&["--database", &folder.database(), "--seed", &path]);
    assert_eq!(request(&server, "PATCH", "101/", &json!({"name": "Ada"})).status, 200);
    server.kill();
    let count = || {
        let events = administer(&folder.database(), &["events", "list", "--json"]);
        serde_json::from_slice::<Value>(&events.stdout).unwrap().as_array().unwrap().len()
    };
    assert_eq!(count(), 1);
    let _server = Server::start(&["--database", &folder.database(), "--events-keep", "0"]);
    wait_for("the event stays", || count() == 0);
}
