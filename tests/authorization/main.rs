//! Authorization as a table: method × path × actor × field, each with the response that the rules and the recorded
//! contract require, and with checks of the directory afterwards.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod deletion;
mod directory;
mod lifecycle;
mod scim;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use userbook::{
    User, UserId, UserStore,
    event::Event,
    store::{Outbox, OutboxLimit, SnapshotQuery},
};
use userbook_memory::MemoryStore;
use userbook_tests::corpus::{compare::row as shown, json};

use directory::{USERS, api, authorization, uuid_of};
use table::{Case, cases};

/// The minimum number of cases, so that lines cannot vanish unnoticed.
const AT_LEAST: usize = 5000;

async fn rows(store: &MemoryStore) -> Vec<User> {
    let mut rows = Vec::new();
    for (id, ..) in USERS {
        rows.push(store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user.unwrap());
    }
    rows
}

fn request(case: &Case) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(case.method.as_str()).uri(&case.target);
    if let Some(header) = authorization(&case.actor) {
        request = request.header("authorization", header);
    }
    let request = request.header("content-type", case.content_type);
    request.body(Full::from(case.body.clone().into_bytes())).unwrap()
}

/// Returns the differences from the expected result of a case.
async fn faults(case: &Case) -> Vec<String> {
    let (store, api) = api(&case.policy).await;
    let before = rows(&store).await;
    let (head, body) = api.handle(request(case)).await.into_parts();
    let after = rows(&store).await;
    let events = store.pending(OutboxLimit { events: 10, bytes: u64::MAX }).await.unwrap();

    let mut faults = Vec::new();
    let status = head.status.as_u16();
    if status != case.expected.status {
        faults.push(format!("status {status} instead of {}", case.expected.status));
    }
    let answer = if body.is_empty() { Value::Null } else { json(&body).unwrap() };
    if answer["actions"]["PUT"].is_object() != case.expected.offers_put {
        faults.push(format!("offers PUT or not: {}", answer["actions"]));
    }
    let changed: Vec<(&User, &User)> = before.iter().zip(&after).filter(|(old, new)| old != new).collect();
    let writes = ["PUT", "PATCH"].contains(&case.method.as_str()) && status == 200 || status == 204;
    let expected = usize::from(writes && !case.expected.unchanged);
    if (changed.len(), events.len()) != (expected, expected) {
        faults.push(format!("{} rows and {} events instead of {expected}", changed.len(), events.len()));
    }
    if let [(old, new)] = changed[..] {
        faults.extend(overreach(case, old, new, &events[0]));
    }
    if status == 403 || status == 404 {
        faults.extend(leaks(case, &String::from_utf8_lossy(&body)));
    }
    faults
}

/// Returns a change that the request does not name.
fn overreach(case: &Case, old: &User, new: &User, event: &Event) -> Option<String> {
    let (before, after) = (shown(old), shown(new));
    let fields = before.as_object().unwrap().keys();
    let changed: BTreeSet<&str> =
        fields.filter(|field| before[*field] != after[*field]).map(String::as_str).collect();
    let in_event: BTreeSet<&str> = event.diff.keys().map(AsRef::as_ref).collect();
    let named = |field: &str| {
        case.body.contains(field) || (["PUT", "POST"].contains(&case.method.as_str()) && field == "groups")
    };
    let in_the_path = case.target.trim_start_matches("/api/v3/core/users/").to_owned();
    let right = changed == in_event && changed.iter().all(|field| named(field));
    (!right).then(|| format!("{changed:?} of {in_the_path} changed, and the event has {in_event:?}"))
}

/// A denied caller must learn nothing about users.
fn leaks(case: &Case, body: &str) -> Option<String> {
    let leaked = USERS.iter().find(|(id, name, ..)| {
        // The response may repeat the request's own content.
        let address = format!("{name}@example.com");
        (body.contains(&address) && !case.body.contains(&address)) || body.contains(&uuid_of(*id).to_string())
    });
    leaked.map(|(_, name, ..)| format!("the denial reveals {name}: {body}"))
}

#[tokio::test]
async fn every_actor_gets_the_expected_response() {
    let cases = cases(include_str!("table.txt"));
    assert!(cases.len() >= AT_LEAST, "{} cases", cases.len());
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in &cases {
        for fault in faults(case).await {
            let line = format!("{}: {} {} {}", case.policy, case.method, case.target, case.body);
            wrong.entry(line).or_default().push(format!("{}: {fault}", case.actor));
        }
    }
    println!("{} cases", cases.len());
    let listing: Vec<String> =
        wrong.iter().map(|(line, faults)| format!("{line}\n    {}", faults.join("\n    "))).collect();
    assert!(wrong.is_empty(), "{} lines\n{}", wrong.len(), listing.join("\n"));
}

#[test]
fn invalid_tokens_and_unsupported_schemes_have_different_errors() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (actor, detail) in [
        ("asleep", "Token invalid/expired"),
        ("expired", "Token invalid/expired"),
        ("recovery", "Token invalid/expired"),
        ("app_password", "Token invalid/expired"),
        ("unknown", "Token invalid/expired"),
        ("basic", "Unsupported authentication type"),
    ] {
        let line = format!("policy hardened\nactors {actor}\nGET 2/ 403");
        let case = cases(&line).remove(0);
        let body = runtime.block_on(async {
            let (_store, api) = api(&case.policy).await;
            api.handle(request(&case)).await.into_body()
        });
        assert_eq!(json(&body).unwrap(), serde_json::json!({"detail": detail}), "{actor}");
    }
}
