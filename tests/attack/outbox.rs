//! H7: large pending events.

use serde_json::{Value, json};
use userbook::{
    Actor, PermissionAuthorizer, Policy, StaticPermissions, UserId, UserService, UserUpdate,
    store::{Outbox, OutboxLimit},
};
use userbook_tests::fixture::store_with;

use crate::{
    fixture::*,
    server::Served,
    setting::{Setting, on_every_store},
};

on_every_store!(h7_a_round_is_limited_in_bytes_and_has_at_least_one_event,);

/// Attributes that share no large value with those of another number: an event has the changed part.
fn large(n: usize, bytes: usize) -> Value {
    json!({"n": n, "text": format!("{n}{}", "x".repeat(bytes))})
}

async fn h7_a_round_is_limited_in_bytes_and_has_at_least_one_event(at: Setting) {
    let store = store_with(at.store, &rows()).await;
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let service = UserService::new(store.clone(), authorizer).with_policy(Policy::authentik_2025_2());
    for n in 0..8 {
        let update = UserUpdate::patch().attributes(large(n, 1 << 16));
        service.update_user(&Actor::system(), UserId(ALICE), update).await.unwrap();
    }
    // Old and new value: 128 KiB for each event but the first.
    for (bytes, expected) in [(1 << 18, 1..=3), (1, 1..=1), (u64::MAX, 8..=8)] {
        let events = store.pending(OutboxLimit { events: 100, bytes }).await.unwrap();
        assert!(expected.contains(&events.len()), "{at} {bytes}: {} events", events.len());
    }
    let mut delivered = 0;
    loop {
        let events = store.pending(OutboxLimit { events: 100, bytes: 1 }).await.unwrap();
        let Some(event) = events.first() else { break };
        store.ack(&[event.id]).await.unwrap();
        delivered += 1;
    }
    assert_eq!(delivered, 8, "{at}");
}

/// The server of the review crashed at each start, because it loaded all pending events at once. One round of 4 MiB,
/// parsed and written by several threads, takes up to 70 MiB; all events at once would take more than 200 MiB.
#[test]
fn h7_large_pending_events_are_delivered_within_little_memory() {
    const EVENTS: usize = 100;
    let served = Served::within(1 << 12, &["--policy", "authentik-2025.2"]);
    for n in 0..EVENTS {
        assert_eq!(served.patch(SELF_ONLY, SELF_ONLY, &json!({"attributes": large(n, 1 << 20)})), 200);
    }
    let quiet = served.restart(1 << 12, &[]);
    let before = quiet.server.peak_memory();
    let mut served = quiet.restart(1 << 12, &["--events", "stdout"]);
    for n in 0..EVENTS {
        let event: Value = serde_json::from_str(&served.server.read_line()).unwrap();
        assert_eq!(event["diff"]["attributes"]["new"]["n"], n);
    }
    let peak = served.server.peak_memory();
    println!("peak without events {before} KiB, with {EVENTS} events of 2 MiB {peak} KiB");
    assert!(peak < before + 128 * 1024, "{before} KiB, then {peak} KiB");
}
