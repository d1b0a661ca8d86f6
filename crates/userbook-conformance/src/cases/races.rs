//! Concurrent writers with checked results.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use serde_json::json;
use userbook::{
    Group, User, UserId, UserStore,
    store::{
        ActorGuard, ChangeSet, CommitOutcome, EpochGuard, FieldChanges, Guards, SnapshotQuery, StoreErrorKind,
    },
};

use crate::{
    Harness,
    build::{ANN, attributes, change, changed, group, group_ids, member, name, rename, rows, user},
    check::{at_once, epochs, ok, pending, row, target},
};

/// Commits. A store that is too busy has applied nothing, and the commit is repeated.
async fn commit<S: UserStore>(store: &S, change: &ChangeSet) -> CommitOutcome {
    loop {
        match store.commit(change).await {
            Err(error) if error.kind == StoreErrorKind::Transient => {}
            answer => return ok(answer),
        }
    }
}

/// Commits these changes concurrently and returns the number of applied ones.
async fn applied<H: Harness>(harness: &H, changes: Vec<ChangeSet>) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    at_once::<H>(changes.into_iter().map(|change| {
        let (store, count) = (harness.store(), Arc::clone(&count));
        let task: crate::Task = Box::pin(async move {
            if commit(&*store, &change).await == CommitOutcome::Applied {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        task
    }))
    .await;
    count.load(Ordering::SeqCst)
}

/// Law: of several changes that were decided on one revision, one is applied.
pub async fn one_of_many_wins<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    for round in 0..10 {
        let before = row(&harness, ANN).await;
        let changes = (0..16).map(|n| rename(&before, 100 * round + n)).collect();
        assert_eq!(applied(&harness, changes).await, 1);
        assert_eq!(row(&harness, ANN).await.version, before.version + 1);
    }
    assert_eq!(pending(&harness).await.len(), 10);
}

/// Law: a writer that repeats load, increment and commit until the commit is applied has incremented once.
pub async fn no_increment_is_lost<H: Harness>() {
    const WRITERS: u64 = 8;
    const EACH: u64 = 10;
    let zero = User { attributes: json!({ "count": 0 }).into(), ..user(ANN) };
    let harness = H::with(&rows([], [zero.clone()])).await;
    let ids = Arc::new(AtomicU64::new(0));
    at_once::<H>((0..WRITERS).map(|_| {
        let (store, ids) = (harness.store(), Arc::clone(&ids));
        let task: crate::Task = Box::pin(async move {
            for _ in 0..EACH {
                loop {
                    let facts = ok(store.load(&SnapshotQuery::user(ANN)).await);
                    let ann = target(&facts);
                    let count = ann.attributes.get("count").and_then(serde_json::Value::as_u64);
                    let more = json!({ "count": count.expect("it is a number") + 1 });
                    let fields =
                        FieldChanges { attributes: Some(attributes(&more)), ..FieldChanges::default() };
                    let id = u128::from(ids.fetch_add(1, Ordering::SeqCst));
                    let change = ChangeSet { fields, ..change(ann, id) };
                    match commit(&*store, &change).await {
                        CommitOutcome::Applied => break,
                        CommitOutcome::Conflict => {}
                        other => panic!("unexpected outcome {other:?}"),
                    }
                }
            }
        });
        task
    }))
    .await;
    let after = row(&harness, ANN).await;
    assert_eq!(after.attributes, json!({ "count": WRITERS * EACH }));
    assert_eq!(after.version - zero.version, WRITERS * EACH);
    assert_eq!(pending(&harness).await.len() as u64, WRITERS * EACH);
}

/// Law: of several changes to different users that were decided on one value of a counter and alter what it stands
/// for, one is applied. No other mechanism stops two changes that are each valid for what they read.
pub async fn one_counter_admits_one_change<H: Harness>() {
    let users: Vec<_> = (1..=12).map(|n| user(UserId(n))).collect();
    for superusers in [false, true] {
        let harness = H::with(&rows([], users.clone())).await;
        let epochs = epochs(&harness).await;
        let guards = if superusers {
            Guards { superusers: Some(EpochGuard::bump(epochs.superusers)), ..Guards::default() }
        } else {
            Guards { graph: Some(EpochGuard::bump(epochs.graph)), ..Guards::default() }
        };
        let changes =
            users.iter().zip(1..).map(|(user, n)| ChangeSet { guards, ..rename(user, n) }).collect();
        assert_eq!(applied(&harness, changes).await, 1);
        assert_eq!(pending(&harness).await.len(), 1);
    }
}

/// Law: administrators deactivate each other in a circle, each with valid rights at the time of the decision. Adjacent
/// changes cannot both succeed, because the actor must be in the state of the decision.
pub async fn administrators_cannot_deactivate_each_other<H: Harness>() {
    let granting = Group { is_superuser: true, ..group(1) };
    for round in 0..10 {
        let admins = [member(UserId(1), [1]), member(UserId(2), [1])];
        let harness = H::with(&rows([granting.clone()], admins.clone())).await;
        let deactivate = |target: &User, actor: &User, n| ChangeSet {
            fields: FieldChanges { is_active: Some(false), ..FieldChanges::default() },
            guards: Guards {
                actor: Some(ActorGuard { user: actor.id, revision: actor.revision }),
                ..Guards::default()
            },
            ..change(target, n)
        };
        let [one, two] = &admins;
        let changes = vec![deactivate(one, two, 2 * round), deactivate(two, one, 2 * round + 1)];
        assert_eq!(applied(&harness, changes).await, 1, "one change is applied");
    }
}

/// Law: a load reads one moment and never sees half a commit.
pub async fn a_load_never_sees_half_a_commit<H: Harness>() {
    let harness = H::with(&rows((0..40).map(group).collect::<Vec<_>>(), [user(ANN)])).await;
    let writer = {
        let store = harness.store();
        let task: crate::Task = Box::pin(async move {
            let mut before = user(ANN);
            for n in 0..30 {
                let joins = n % 2 == 0;
                let groups = group_ids(0..40);
                let (groups_added, groups_removed) =
                    if joins { (groups, [].into()) } else { ([].into(), groups) };
                let fields = FieldChanges {
                    name: Some(name(if joins { "in" } else { "out" })),
                    ..FieldChanges::default()
                };
                let change = ChangeSet { fields, groups_added, groups_removed, ..change(&before, n) };
                assert_eq!(commit(&*store, &change).await, CommitOutcome::Applied);
                before = changed(&before, &change);
            }
        });
        task
    };
    let readers = (0..3).map(|_| {
        let store = harness.store();
        let task: crate::Task = Box::pin(async move {
            for _ in 0..60 {
                let facts = ok(store.load(&SnapshotQuery::user(ANN)).await);
                let expected = if target(&facts).name == "in" { 40 } else { 0 };
                assert_eq!(target(&facts).groups.len(), expected, "half a commit was seen");
                assert_eq!(facts.groups.iter().count(), expected);
            }
        });
        task
    });
    at_once::<H>(readers.chain([writer])).await;
}
