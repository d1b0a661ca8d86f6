//! The outbox: events that are not acknowledged.

use serde_json::json;
use userbook::{
    User, UserId,
    event::{Effect, Event, EventActor, EventGroup, FieldDiff},
    store::{Outbox, OutboxLimit},
};

use crate::{
    Harness,
    build::{ANN, BOB, change, change_id, changed, group_id, moment, rename, rows, user},
    check::{apply, commit, ok, pending, row},
};

/// Three changes of each of three users, in turn.
async fn nine_changes<H: Harness>() -> (H, Vec<Event>) {
    let mut users: Vec<User> = (1..=3).map(|id| user(UserId(id))).collect();
    let harness = H::with(&rows([], users.clone())).await;
    let mut events = Vec::new();
    for round in 0..3 {
        // Ids that do not increase with time, because they define no order.
        for (user, place) in users.iter_mut().zip(1..) {
            let change = rename(user, 100 - 10 * round - place);
            apply(&harness, &change).await;
            *user = changed(user, &change);
            events.push((*change.event).clone());
        }
    }
    (harness, events)
}

fn of_user(events: &[Event], id: i64) -> Vec<&Event> {
    events.iter().filter(|event| event.target == userbook::event::EventTarget::User(UserId(id))).collect()
}

/// Law: an event exists if and only if the change was applied.
pub async fn an_event_for_each_applied_change<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    assert_eq!(pending(&harness).await, []);
    let first = rename(&user(ANN), 1);
    apply(&harness, &first).await;
    assert_ne!(commit(&harness, &rename(&user(ANN), 2)).await, userbook::store::CommitOutcome::Applied);
    assert_eq!(pending(&harness).await, [(*first.event).clone()]);
}

/// Law: an event is read back as written, with any content.
pub async fn events_come_back_as_they_went<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let named = |n: u128| EventGroup { id: group_id(n), name: format!("group \u{1f600} {n}") };
    let mut events = Vec::new();
    for (actor, n) in [
        EventActor::Anonymous,
        EventActor::System,
        EventActor::User(BOB),
        EventActor::External("sub|\"😀\"".to_owned()),
    ]
    .into_iter()
    .zip(1..)
    {
        let before = row(&harness, ANN).await;
        let mut change = change(&before, n);
        change.event = Event {
            actor,
            impersonator: (n % 2 == 0).then_some(UserId(i64::MAX)),
            request_id: Some("request-1".to_owned()),
            diff: [
                (
                    "groups".into(),
                    FieldDiff::Groups { added: vec![named(1), named(2)], removed: vec![named(3)] },
                ),
                ("is_active".into(), FieldDiff::Value { old: json!(true).into(), new: json!(false).into() }),
                (
                    "last_login".into(),
                    FieldDiff::Value { old: json!(null).into(), new: json!("2024-01-01T00:00:00Z").into() },
                ),
                (
                    "attributes".into(),
                    FieldDiff::Value { old: json!({}).into(), new: json!({ "": [1, "x", null] }).into() },
                ),
            ]
            .into(),
            effects: vec![Effect::RevokeSessions],
            ..(*change.event).clone()
        }
        .into();
        apply(&harness, &change).await;
        events.push((*change.event).clone());
    }
    assert_eq!(pending(&harness).await, events);
}

/// Law: the events of one user come in the order of their versions, and `limit` returns the first ones.
pub async fn events_of_one_user_come_in_order<H: Harness>() {
    let (harness, events) = nine_changes::<H>().await;
    let waiting = pending(&harness).await;
    assert_eq!(waiting.len(), events.len());
    for id in 1..=3 {
        assert_eq!(of_user(&waiting, id), of_user(&events, id));
    }
    for limit in [0_u8, 1, 4, 9, 10] {
        let limit_events = OutboxLimit { events: u32::from(limit), bytes: u64::MAX };
        let some = ok(harness.store().pending(limit_events).await);
        assert_eq!(some.len(), usize::from(limit.min(9)));
        for id in 1..=3 {
            assert!(of_user(&events, id).starts_with(&of_user(&some, id)), "none is left out");
        }
    }
}

/// Law: a result ends before the total size of the stored JSON exceeds `bytes`, and contains at least one event of any
/// size. Otherwise a few large events would exhaust the memory or block the outbox.
pub async fn pending_events_are_bounded_in_bytes<H: Harness>() {
    const LARGE: usize = 100_000;
    let harness = H::with(&rows([], [user(ANN)])).await;
    let mut events = Vec::new();
    for n in 1..=8 {
        let mut change = change(&row(&harness, ANN).await, n);
        let length = if n == 1 || n > 4 { LARGE } else { 10 };
        let diff = FieldDiff::Value { old: json!(null).into(), new: json!("x".repeat(length)).into() };
        std::sync::Arc::make_mut(&mut change.event).diff.insert("name".into(), diff);
        apply(&harness, &change).await;
        events.push((*change.event).clone());
    }
    let pending = |events, bytes| {
        let store = harness.store();
        async move { ok(store.pending(OutboxLimit { events, bytes }).await) }
    };
    let large = LARGE as u64;
    for (bytes, expected) in [
        (0, 1),
        (large, 1),
        (large + 20_000, 4),
        (2 * large + 20_000, 5),
        (3 * large + 20_000, 6),
        (u64::MAX, 8),
    ] {
        assert_eq!(pending(100, bytes).await, events.get(..expected).unwrap_or_default(), "{bytes} bytes");
    }
    assert_eq!(pending(2, u64::MAX).await.len(), 2, "the number of events is limited as well");
    assert_eq!(pending(0, u64::MAX).await, []);
    let acked: Vec<_> = events.iter().take(3).map(|event| event.id).collect();
    ok(harness.store().ack(&acked).await);
    assert_eq!(pending(100, large + 20_000).await, events.get(3..5).unwrap_or_default());
}

/// Law: an acknowledged event is no longer pending, at any position; unknown ids are ignored, and other events stay
/// pending.
pub async fn acknowledged_events_do_not_wait<H: Harness>() {
    let (harness, events) = nine_changes::<H>().await;
    let acked: Vec<_> = events.iter().step_by(2).map(|event| event.id).chain([change_id(7777)]).collect();
    for _ in 0..2 {
        ok(harness.store().ack(&acked).await);
        let waiting = pending(&harness).await;
        assert_eq!(waiting.len(), 4);
        assert!(waiting.iter().all(|event| !acked.contains(&event.id)));
    }
    ok(harness.store().ack(&[]).await);
    assert_eq!(pending(&harness).await.len(), 4);
}

/// Law: only acknowledged events are deleted, and only those that happened before the given time. A pending event of
/// any age is never lost.
pub async fn pruning_spares_what_waits<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    for n in 1..=6 {
        apply(&harness, &change(&row(&harness, ANN).await, n)).await;
    }
    ok(harness.store().ack(&[change_id(1), change_id(2), change_id(4)]).await);
    // The event of change n happened n seconds after the start.
    assert_eq!(ok(harness.store().prune_before(moment(1)).await), 0);
    assert_eq!(ok(harness.store().prune_before(moment(4)).await), 2);
    assert_eq!(ok(harness.store().prune_before(moment(4)).await), 0);
    assert_eq!(ok(harness.store().prune_before(moment(99)).await), 1);
    let waiting: Vec<_> = pending(&harness).await.into_iter().map(|event| event.id).collect();
    assert_eq!(waiting, [change_id(3), change_id(5), change_id(6)]);
}
