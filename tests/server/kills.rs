//! Kills the server at random moments of updates on SQLite. Afterwards an event exists if and only if its change does,
//! and every acknowledged change is stored.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use sqlx::SqlitePool;
use userbook::{
    UserId, UserStore,
    event::{Event, EventTarget, FieldDiff},
    store::{Outbox, OutboxLimit, SnapshotQuery},
};
use userbook_sqlx::{SqliteStore, sqlite::connect_options};
use userbook_tests::{
    binary::{Server, send},
    history::apply_part,
};

use crate::support::{ADMINS, Folder, KEY, seed};

const KILLS: u64 = 100;
const USERS: i64 = 4;

/// The last acknowledged counter of each user in one round.
type Promised = BTreeMap<i64, u64>;

#[test]
fn event_log_and_user_table_agree_after_every_kill() {
    let folder = Folder::new();
    let path = folder.seed(&seed(USERS));
    let mut promised = Promised::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for kill in 0..KILLS {
        let database = folder.database();
        let arguments = ["--database", &database, "--seed", &path];
        let server = Server::start(if kill == 0 { &arguments } else { &arguments[..2] });
        let writers: Vec<_> = (0..2 * USERS)
            .map(|writer| {
                let (address, user) = (server.address, 101 + writer % USERS);
                std::thread::spawn(move || (user, write(address, user, kill * 1_000_000)))
            })
            .collect();
        // No wait for a condition: the moment of the kill varies.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_micros(random >> 47));
        server.kill();
        for (user, last) in writers.into_iter().map(|writer| writer.join().unwrap()) {
            if let Some(last) = last {
                let known = promised.entry(user).or_default();
                *known = last.max(*known);
            }
        }
        check(&database, &promised);
    }
    let acknowledged: u64 = promised.values().map(|last| last % 1_000_000).sum();
    println!("{KILLS} kills; counters acknowledged in the last round: {acknowledged}");
}

/// Increments a counter in the user's attributes until the connection breaks; returns the last acknowledged counter.
/// Each write changes several columns and a membership, so that a partial write would be visible.
fn write(address: SocketAddr, user: i64, start: u64) -> Option<u64> {
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let target = format!("/api/v3/core/users/{user}/");
    let mut last = None;
    for counter in start + 1.. {
        let groups = if counter % 2 == 0 { json!([ADMINS]) } else { json!([]) };
        let body = json!({
            "name": format!("{counter}"), "email": format!("u{counter}@example.com"), "groups": groups,
            "attributes": {"counter": counter},
        });
        match send(address, "PATCH", &target, &headers, Some(body.to_string().as_bytes())) {
            Ok(answer) => {
                assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                last = Some(counter);
            }
            Err(_) => break,
        }
    }
    last
}

fn check(database: &str, promised: &Promised) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = SqlitePool::connect_with(connect_options(database).unwrap()).await.unwrap();
        let store = SqliteStore::new(pool.clone());
        let mut events: BTreeMap<UserId, Vec<Event>> = BTreeMap::new();
        for event in store.pending(OutboxLimit { events: u32::MAX, bytes: u64::MAX }).await.unwrap() {
            let EventTarget::User(user) = event.target else { panic!("{event:?}") };
            events.entry(user).or_default().push(event);
        }
        for id in (101..101 + USERS).map(UserId) {
            let user = store.load(&SnapshotQuery::user(id)).await.unwrap().user.unwrap();
            let log = events.remove(&id).unwrap_or_default();
            // The number of events equals the version of the row, without gaps, and the last event has the row's
            // revision.
            let versions: Vec<u64> = log.iter().map(|event| event.version).collect();
            assert_eq!(versions, (1..=user.version).collect::<Vec<_>>(), "{id}");
            if let Some(last) = log.last() {
                assert_eq!(last.id.0, user.revision.0, "{id}");
            }
            assert_eq!(replayed(&log), row(&user), "{id}");
            if let Some(counter) = promised.get(&id.0) {
                let written = |event: &&Event| new(event, "attributes")["counter"] == json!(counter);
                assert!(log.iter().any(|event| written(&event)), "{id}: {counter} was acknowledged");
            }
        }
        assert!(events.is_empty(), "events of unknown users: {events:?}");
        pool.close().await;
    });
}

fn new(event: &Event, field: &str) -> Value {
    match event.diff.get(field) {
        Some(FieldDiff::Value { new, .. }) => new.clone().into_value(),
        _ => Value::Null,
    }
}

/// Applies the events to a new row; each event must start at the state where the previous one ended.
fn replayed(log: &[Event]) -> Value {
    let mut row = json!({"name": "", "email": "", "attributes": {}, "groups": []});
    for event in log {
        for (field, diff) in &event.diff {
            match diff {
                FieldDiff::Value { old, new } => {
                    assert!(apply_part(&mut row[field.as_ref()], old, new), "{event:?}");
                }
                FieldDiff::Groups { added, removed } => {
                    let ids = |groups: &[userbook::event::EventGroup]| -> Value {
                        groups.iter().map(|group| json!(group.id)).collect()
                    };
                    assert_eq!(row["groups"], ids(removed), "{event:?}");
                    row["groups"] = ids(added);
                }
                FieldDiff::Members { .. } => panic!("an event of a group: {event:?}"),
            }
        }
    }
    row
}

fn row(user: &userbook::User) -> Value {
    json!({
        "name": user.name, "email": user.email, "attributes": user.attributes, "groups": user.groups,
    })
}
