//! Operations whose future is dropped, on a store with one connection: the next operation gets the same connection.

use std::{future::poll_fn, pin::pin, task::Poll};

use userbook::{
    Timestamp, UserId, UserStore,
    model::ExternalIds,
    store::{
        ChangeSet, CommitOutcome, ListStore, Outbox, PathListQuery, Scope, SnapshotQuery, StoreErrorKind,
        UserFilter,
    },
};
use userbook_sqlx::{SqlStore, host::Backend};

use crate::rows::{rename, user};

/// More than the longest of the operations needs.
const MAX_POLLS: usize = 30;

#[derive(Debug, Clone, Copy)]
enum Operation {
    BeginImport,
    BeginRead,
    BeginWrite,
    Commit,
    HostCommit,
    HostRollback,
    List,
    Prune,
}

use Operation::{BeginImport, BeginRead, BeginWrite, Commit, HostCommit, HostRollback, List, Prune};

/// A commit that follows a dropped operation lasts: no transaction of the dropped one is open. `single` has one
/// connection, `other` has others to the same database, with the rows of [`prepared`](crate::rows::prepared).
pub async fn commits_after_dropped_operations_last<B: Backend>(single: &SqlStore<B>, other: &SqlStore<B>) {
    let mut changes = 0;
    for polls in 0..MAX_POLLS {
        for operation in [BeginImport, BeginRead, BeginWrite, Commit, HostCommit, HostRollback, List, Prune] {
            changes += 1;
            interrupted(Box::pin(run(operation, single, changes)), polls).await;
            loop {
                let user = load(other).await;
                changes += 1;
                let next = rename(&user, changes);
                match single.commit(&next).await.expect("commits") {
                    CommitOutcome::Applied => {
                        assert_eq!(load(other).await.revision, next.change.into(), "{operation:?}, {polls}");
                        break;
                    }
                    // The dropped commit was complete.
                    outcome => assert_eq!(outcome, CommitOutcome::Conflict, "{operation:?}, {polls}"),
                }
            }
        }
    }
}

/// After a dropped `commit_in`, the host's commit keeps what was written before it, or fails. Not for MariaDB: there
/// the connection is not usable then. The arguments are those of [`commits_after_dropped_operations_last`].
pub async fn no_commit_after_a_dropped_one_loses_writes<B: Backend>(
    single: &SqlStore<B>,
    other: &SqlStore<B>,
) {
    let mut kept = 0;
    for polls in 0..MAX_POLLS {
        // The other law uses lower numbers.
        let (before, n) = (load(other).await, 100_000 + 2 * polls as u128);
        let first = rename(&before, n);
        let mut transaction = single.begin_write().await.expect("begins");
        let outcome = SqlStore::<B>::commit_in(&mut transaction, &first).await;
        assert_eq!(outcome.expect("commits"), CommitOutcome::Applied);
        let dropped = ChangeSet { user: UserId(3), ..rename(&user(3), n + 1) };
        interrupted(async { drop(SqlStore::<B>::commit_in(&mut transaction, &dropped).await) }, polls).await;
        let expected = match transaction.commit().await {
            Ok(()) => {
                kept += 1;
                first.change.into()
            }
            Err(error) => {
                assert_ne!(error.kind, StoreErrorKind::Ambiguous, "{error:?}");
                before.revision
            }
        };
        assert_eq!(load(other).await.revision, expected, "{polls}");
    }
    assert!(kept > 0);
}

async fn load<B: Backend>(store: &SqlStore<B>) -> userbook::User {
    store.load(&SnapshotQuery::user(UserId(1))).await.expect("loads").user.expect("the user exists")
}

async fn run<B: Backend>(operation: Operation, store: &SqlStore<B>, n: u128) {
    match operation {
        BeginImport => drop(store.begin_import().await.expect("begins")),
        BeginRead => drop(store.begin_read().await.expect("begins")),
        BeginWrite => {
            let mut transaction = store.begin_write().await.expect("begins");
            drop(
                SqlStore::<B>::load_in(&mut transaction, &SnapshotQuery::user(UserId(1)))
                    .await
                    .expect("loads"),
            );
        }
        Commit => {
            // External ids need more than one statement.
            let mut change = rename(&load(store).await, n);
            change.fields.external_ids = Some(ExternalIds::default());
            store.commit(&change).await.expect("commits");
        }
        HostCommit => store.begin_write().await.expect("begins").commit().await.expect("commits"),
        HostRollback => store.begin_write().await.expect("begins").rollback().await,
        List => {
            let (scope, filter) = (Scope::Everything, UserFilter::default());
            drop(
                store.list_paths(&PathListQuery { scope, filter, max_bytes: u64::MAX }).await.expect("lists"),
            );
        }
        Prune => drop(store.prune_before(Timestamp::UNIX_EPOCH).await.expect("prunes")),
    }
}

/// Drops the future after so many polls.
async fn interrupted(future: impl Future<Output = ()>, polls: usize) {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        future.as_mut().poll(context)
    })
    .await;
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqlitePoolOptions;
    use userbook_sqlx::SqliteStore;

    use super::{commits_after_dropped_operations_last, no_commit_after_a_dropped_one_loses_writes};
    use crate::references::tests::opened;

    #[tokio::test]
    async fn commits_to_sqlite_last() {
        let (store, _folder) = opened().await;
        let single = SqlitePoolOptions::new().max_connections(1);
        let options = store.pool().connect_options().as_ref().clone();
        let single = SqliteStore::new(single.connect_with(options).await.expect("connects"));
        commits_after_dropped_operations_last(&single, &store).await;
        no_commit_after_a_dropped_one_loses_writes(&single, &store).await;
    }
}
