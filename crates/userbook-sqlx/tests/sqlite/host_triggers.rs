//! Triggers and constraints of the host that refuse a write: nothing stays behind, and others can write.

use futures_util::future::join_all;
use userbook::{
    UserId, UserStore,
    store::{CommitOutcome, ImportData, Outbox, OutboxLimit, SnapshotQuery},
};

use crate::database::{Database, rename, user};

const ALL: OutboxLimit = OutboxLimit { events: 1000, bytes: u64::MAX };

/// A database whose host notes each event in a table with a foreign key that nothing satisfies.
async fn refusing(deferred: bool) -> Database {
    let rows = ImportData { users: (1..=4).map(user).collect(), ..ImportData::default() };
    let database = Database::with(&rows).await;
    let deferred = if deferred { "DEFERRABLE INITIALLY DEFERRED" } else { "" };
    let script = format!(
        "CREATE TABLE host_note (id TEXT PRIMARY KEY);
         CREATE TABLE host_log (note TEXT REFERENCES host_note (id) {deferred});
         CREATE TRIGGER host_logs AFTER INSERT ON userbook_event WHEN NEW.user_id <> 4
         BEGIN INSERT INTO host_log VALUES ('missing'); END"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(database.pool()).await.unwrap();
    database
}

async fn versions(database: &Database) -> Vec<u64> {
    let mut versions = Vec::new();
    for id in 1..=4 {
        let query = SnapshotQuery::user(UserId(id));
        versions.push(database.store.load(&query).await.unwrap().user.unwrap().version);
    }
    versions
}

#[tokio::test]
async fn a_refused_commit_leaves_no_transaction_open() {
    let database = refusing(true).await;
    let refused = database.store.commit(&rename(&user(1), 1)).await;
    assert!(matches!(refused, Ok(CommitOutcome::Rejected(_))), "{refused:?}");
    // Another connection can write at once.
    sqlx::query("UPDATE userbook_user SET name = 'by the host' WHERE id = 2")
        .execute(database.pool())
        .await
        .unwrap();
    let applied = database.store.commit(&rename(&user(4), 4)).await;
    assert!(matches!(applied, Ok(CommitOutcome::Applied)), "{applied:?}");
    assert_eq!(versions(&database).await, [0, 0, 0, 1]);
    assert_eq!(database.store.pending(ALL).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_row_never_changes_without_its_event() {
    for deferred in [false, true] {
        let database = refusing(deferred).await;
        let changes: Vec<_> = (1..=4).map(|id| rename(&user(id), id.unsigned_abs().into())).collect();
        let outcomes = join_all(changes.iter().map(|change| database.store.commit(change))).await;
        let applied = outcomes.iter().map(|it| matches!(it, Ok(CommitOutcome::Applied)));
        assert_eq!(applied.collect::<Vec<_>>(), [false, false, false, true], "{outcomes:?}");
        assert_eq!(versions(&database).await, [0, 0, 0, 1], "deferred: {deferred}");
        assert_eq!(database.store.pending(ALL).await.unwrap().len(), 1);
    }
}
