//! The complete content of a store.

use serde_json::{Value, json};
use userbook::{
    GroupId, Timestamp, UserId,
    model::ChangeId,
    store::{DirectoryQuery, MemberQuery, OutboxLimit, SnapshotQuery, SuperuserQuery},
};
use uuid::Uuid;

use crate::{
    answer::Answer,
    canonical::{self, canonical},
    run_step,
    stores::TestStore,
};

/// Returns the content after operations with these change ids.
pub(crate) async fn of(target: &TestStore, history: &[(ChangeId, Timestamp)]) -> Answer {
    let store = target.store();
    // Includes the ids of deleted users and an id that no user had.
    let whole = DirectoryQuery { shape: true, ..DirectoryQuery::default() };
    let shape = store.load_directory(&whole).await.expect("the store answers");
    let mut users = Vec::new();
    for id in 1..=i64::try_from(shape.epochs.next_user).expect("it fits") {
        let query = SnapshotQuery {
            actor: Some(UserId(id)),
            other_superusers: true,
            ..SnapshotQuery::user(UserId(id))
        };
        let found = store.load(&query).await.expect("the store answers");
        users.push(run_step::snapshot(target, &found).content);
    }
    let every = DirectoryQuery {
        groups: shape.shape.keys().copied().chain([GroupId(Uuid::max())]).collect(),
        members: Some(MemberQuery { of: None, users: (0..200).map(UserId).collect(), limit: 1000 }),
        superusers: Some(SuperuserQuery { groups: shape.shape.keys().copied().collect(), except: None }),
        shape: true,
        ..DirectoryQuery::default()
    };
    let groups =
        run_step::load_directory(target, &store.load_directory(&every).await.expect("the store answers"));
    let everything = OutboxLimit { events: u32::MAX, bytes: u64::MAX };
    let (events, versions) = canonical::events(&store.pending(everything).await.expect("the store answers"));
    let counters = groups.counters.clone().map(|counters| json!([counters, versions]));
    let content = json!({
        "users": users,
        "groups": groups.content,
        "events": events,
        "change_committed": change_committed(target, history).await,
        "pruned": prune(target, history).await,
        "install_id": canonical(store.install_id().await.expect("the store answers")),
    });
    Answer::ok(content).with_counters(counters)
}

/// Returns which changes have an event, pending or not.
async fn change_committed(target: &TestStore, history: &[(ChangeId, Timestamp)]) -> Value {
    let mut change_committed = Vec::new();
    for (change, _) in history {
        let query = DirectoryQuery { change: Some(*change), ..DirectoryQuery::default() };
        change_committed
            .push(target.store().load_directory(&query).await.expect("the store answers").change_committed);
    }
    change_committed.into()
}

/// Returns the number of events pruned for each time, after all are acknowledged. This is the last operation on a
/// store.
async fn prune(target: &TestStore, history: &[(ChangeId, Timestamp)]) -> Value {
    let ids: Vec<_> = history.iter().map(|(change, _)| *change).collect();
    target.store().ack(&ids).await.expect("the store answers");
    let mut moments: Vec<_> = history.iter().map(|(_, moment)| *moment).collect();
    moments.sort();
    let mut pruned = Vec::new();
    for moment in moments {
        pruned.push(target.store().prune_before(moment).await.expect("the store answers"));
    }
    pruned.into()
}
