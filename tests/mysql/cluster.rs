//! Two nodes of a Galera cluster. Galera certifies what transactions write, not what they read: of two decisions that
//! exclude each other, one must be rejected, whichever nodes commit them.

use std::sync::Arc;

use userbook::{
    User, UserId, UserStore,
    store::{
        ActorGuard, ChangeSet, CommitOutcome, EpochGuard, FieldChanges, Guards, ImportData, ImportStore,
        ProvisioningChange, ProvisioningOp, ProvisioningStore, SnapshotQuery,
    },
};
use userbook_sqlx::MySqlStore;
use userbook_tests::{
    rows::{group, rename, user},
    servers::mariadb::cluster,
};

const ROUNDS: u128 = 20;

/// Returns users 1 to 4 and groups 1 to 3, in a new database on both nodes.
async fn prepared() -> [Arc<MySqlStore>; 2] {
    let stores = cluster::stores().await;
    stores[0].migrate().await.unwrap();
    let rows = ImportData {
        groups: (1..=3).map(group).collect(),
        users: (1..=4).map(user).collect(),
        ..ImportData::default()
    };
    stores[0].import(&rows).await.unwrap();
    stores
}

/// Returns a row of a node after the node has applied all earlier commits.
async fn row(store: &MySqlStore, id: i64) -> (User, userbook::store::Epochs) {
    let mut connection = store.pool().acquire().await.unwrap();
    sqlx::query("SET SESSION wsrep_sync_wait = 1").execute(&mut *connection).await.unwrap();
    let query = SnapshotQuery::user(UserId(id));
    let facts = MySqlStore::load_in(&mut connection, &query).await.unwrap();
    sqlx::query("SET SESSION wsrep_sync_wait = 0").execute(&mut *connection).await.unwrap();
    (facts.user.unwrap(), facts.epochs)
}

/// Commits one change on each node concurrently and returns the number of applied changes.
async fn at_once(stores: &[Arc<MySqlStore>; 2], changes: [ChangeSet; 2]) -> usize {
    let start = Arc::new(tokio::sync::Barrier::new(2));
    let tasks = stores.iter().zip(changes).map(|(store, change)| {
        let (store, start) = (Arc::clone(store), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            store.commit(&change).await.unwrap()
        })
    });
    let mut applied = 0;
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap() {
            CommitOutcome::Applied => applied += 1,
            CommitOutcome::Conflict => {}
            other => panic!("unexpected outcome {other:?}"),
        }
    }
    applied
}

fn deactivate(target: &User, n: u128, guards: Guards) -> ChangeSet {
    let fields = FieldChanges { is_active: Some(!target.is_active), ..FieldChanges::default() };
    ChangeSet { fields, guards, ..rename(target, n) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_changes_of_one_user_apply_one() {
    let stores = prepared().await;
    for round in 0..ROUNDS {
        let (ann, _) = row(&stores[0], 1).await;
        assert_eq!(row(&stores[1], 1).await.0, ann);
        let changes = [rename(&ann, 2 * round), rename(&ann, 2 * round + 1)];
        assert_eq!(at_once(&stores, changes).await, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn administrators_cannot_deactivate_each_other() {
    let stores = prepared().await;
    for round in 0..ROUNDS {
        let (one, _) = row(&stores[0], 1).await;
        let (two, _) = row(&stores[1], 2).await;
        let by = |actor: &User| Guards {
            actor: Some(ActorGuard { user: actor.id, revision: actor.revision }),
            ..Guards::default()
        };
        let changes = [deactivate(&one, 2 * round, by(&two)), deactivate(&two, 2 * round + 1, by(&one))];
        assert!(at_once(&stores, changes).await <= 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reader_and_writer_of_a_counter_do_not_both_succeed() {
    let stores = prepared().await;
    let mut total = 0;
    for round in 0..ROUNDS {
        let (one, epochs) = row(&stores[0], 1).await;
        let (two, _) = row(&stores[1], 2).await;
        let guards = |guard: fn(u64) -> EpochGuard| {
            if round % 2 == 0 {
                Guards { graph: Some(guard(epochs.graph)), ..Guards::default() }
            } else {
                Guards { superusers: Some(guard(epochs.superusers)), ..Guards::default() }
            }
        };
        let changes = [
            deactivate(&one, 2 * round, guards(EpochGuard::read)),
            deactivate(&two, 2 * round + 1, guards(EpochGuard::bump)),
        ];
        let applied = at_once(&stores, changes).await;
        assert!(applied <= 1, "round {round}");
        total += applied;
    }
    assert!(total > 0, "at least one commit succeeds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn user_cannot_join_a_group_that_is_being_deleted() {
    let stores = prepared().await;
    for round in 0..ROUNDS {
        let (one, epochs) = row(&stores[0], 1).await;
        assert_eq!(row(&stores[1], 1).await.1, epochs);
        let joins = ChangeSet { groups_added: [group(3).id].into(), ..rename(&one, 3 * round) };
        let graph = Some(EpochGuard::bump(epochs.graph));
        let step = |op, n, graph| ProvisioningChange {
            op,
            members: vec![],
            has_reserved_id: false,
            sets_external_ids: false,
            guards: Guards { graph, ..Guards::default() },
            event: rename(&one, n).event,
        };
        let deletion = step(ProvisioningOp::DeleteGroup(group(3).id), 3 * round + 1, graph);
        let [left, right] = &stores;
        let (joined, deleted) = tokio::join!(left.commit(&joins), right.provision(&deletion));
        let (joined, deleted) = (joined.unwrap(), deleted.unwrap());
        let (after, epochs) = row(left, 1).await;
        assert_eq!(row(right, 1).await, (after.clone(), epochs), "the nodes differ");
        match deleted {
            CommitOutcome::Applied => {
                assert_eq!(after.groups, [].into(), "{joined:?}");
                let again = step(
                    ProvisioningOp::PutGroup(Box::new(group(3))),
                    3 * round + 2,
                    Some(EpochGuard::bump(epochs.graph)),
                );
                assert_eq!(left.provision(&again).await.unwrap(), CommitOutcome::Applied);
            }
            CommitOutcome::Conflict => {
                assert_eq!(joined, CommitOutcome::Applied, "the join or the deletion is applied");
                let leaves =
                    ChangeSet { groups_removed: after.groups.clone(), ..rename(&after, 3 * round + 2) };
                assert_eq!(left.commit(&leaves).await.unwrap(), CommitOutcome::Applied);
            }
            other => panic!("unexpected outcome {other:?}"),
        }
    }
}
