//! Other transactions that write after a commit has started to read and before it holds its locks: the state on which
//! the change was decided is outdated then.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, PgPool, SqlSafeStr};
use userbook::store::ProvisioningStore;
use userbook::{
    UserId, UserStore,
    field::Username,
    store::{
        ActorGuard, ChangeSet, CommitOutcome, EpochGuard, FieldChanges, Guards, Outbox, ProvisioningChange,
        ProvisioningOp, SnapshotQuery,
    },
};
use userbook_tests::servers::postgres::Database;

use userbook_tests::rows::{NINE, group, rename, user};

use crate::prepared;

/// Waits until a connection to this database waits for a lock.
pub(crate) async fn until_a_lock_is_awaited(pool: &PgPool) {
    let sql = "SELECT count(*) FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Commits while another transaction, which has executed `sql`, is about to commit or roll back.
async fn against(database: &Database, sql: &str, keep: bool, change: &ChangeSet) -> CommitOutcome {
    let mut other = database.pool().begin().await.unwrap();
    other.execute(AssertSqlSafe(sql.to_owned()).into_sql_str()).await.unwrap();
    let (store, change) = (database.store.clone(), change.clone());
    let commit = tokio::spawn(async move { store.commit(&change).await.unwrap() });
    until_a_lock_is_awaited(database.pool()).await;
    if keep {
        other.commit().await.unwrap();
    } else {
        other.rollback().await.unwrap();
    }
    commit.await.unwrap()
}

/// The value of each counter after the one import of `prepared`.
const IMPORTED: u64 = 1;

const TOUCH: &str = "UPDATE userbook_user SET revision = gen_random_uuid() WHERE id =";

fn guarded(user_id: i64, guards: Guards) -> ChangeSet {
    ChangeSet { guards, ..rename(&user(user_id), 1) }
}

fn by(actor: i64) -> Guards {
    let actor = ActorGuard { user: UserId(actor), revision: user(actor).revision };
    Guards { actor: Some(actor), ..Guards::default() }
}

fn counters(graph: Option<EpochGuard>, superusers: Option<EpochGuard>) -> Guards {
    Guards { graph, superusers, actor: None, ..Guards::default() }
}

fn named(name: &str) -> ChangeSet {
    let username = Some(Username::parse(name).unwrap());
    ChangeSet { fields: FieldChanges { username, ..FieldChanges::default() }, ..rename(&user(1), 1) }
}

fn joining(n: u128) -> ChangeSet {
    ChangeSet { groups_added: [group(2).id, group(n).id].into(), ..rename(&user(1), 1) }
}

/// Statements of the other transaction, the concurrent change, and its outcome if the other transaction commits. If
/// the other transaction rolls back, the change is applied.
fn races() -> Vec<(String, ChangeSet, CommitOutcome)> {
    let (rely, change) = (Some(EpochGuard::read(IMPORTED)), Some(EpochGuard::bump(IMPORTED)));
    let count = |name: &str| format!("UPDATE userbook_epoch SET value = value + 1 WHERE name = '{name}'");
    let failed = || CommitOutcome::Conflict;
    let added = "INSERT INTO userbook_user SELECT 9, gen_random_uuid(), 'new', name, email, is_active, last_login, path, type, \
                 attributes, password_change_date, created_at, updated_at, revision, version, session_epoch FROM userbook_user WHERE id = 3";
    vec![
        (format!("{TOUCH} 1"), rename(&user(1), 1), CommitOutcome::Conflict),
        ("DELETE FROM userbook_user WHERE id = 1".into(), rename(&user(1), 1), CommitOutcome::Conflict),
        (count("graph"), guarded(1, counters(rely, None)), failed()),
        (count("graph"), guarded(1, counters(change, None)), failed()),
        (count("graph"), guarded(1, counters(rely, change)), failed()),
        (count("superusers"), guarded(1, counters(None, rely)), failed()),
        (count("superusers"), guarded(1, counters(change, change)), failed()),
        (format!("{TOUCH} 3"), guarded(1, by(3)), failed()),
        (format!("{TOUCH} 1"), guarded(3, by(1)), failed()),
        ("DELETE FROM userbook_user WHERE id = 3".into(), guarded(1, by(3)), failed()),
        ("DELETE FROM userbook_group WHERE name = 'group 3'".into(), joining(3), CommitOutcome::Conflict),
        (added.into(), named("new"), CommitOutcome::Conflict),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locked_rows_are_read_again() {
    for (sql, change, outcome) in races() {
        let database = prepared().await;
        assert_eq!(against(&database, &sql, true, &change).await, outcome, "{sql}");
        assert_eq!(database.store.pending(NINE).await.unwrap(), [], "{sql}");
        let query = SnapshotQuery::user(change.user);
        let after = database.store.load(&query).await.unwrap();
        if let Some(user) = after.user {
            assert_eq!((user.name.as_str(), user.groups.len()), ("Original", 0), "{sql}");
            assert!(
                after.epochs.graph + after.epochs.superusers <= 2 * IMPORTED + 1,
                "{sql}: incremented by a rejected change"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolled_back_transaction_has_no_effect() {
    for (sql, change, _) in races() {
        let database = prepared().await;
        assert_eq!(against(&database, &sql, false, &change).await, CommitOutcome::Applied, "{sql}");
        assert_eq!(database.store.pending(NINE).await.unwrap(), [(*change.event).clone()], "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_login_is_kept() {
    let database = prepared().await;
    let login = "UPDATE userbook_user SET last_login = '2024-05-06T07:08:09Z', name = 'Other' WHERE id = 1";
    let mut change = rename(&user(1), 1);
    change.fields = FieldChanges { is_active: Some(false), ..FieldChanges::default() };
    assert_eq!(against(&database, login, true, &change).await, CommitOutcome::Applied);
    let after = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap();
    assert_eq!((after.name.as_str(), after.is_active), ("Other", false));
    assert!(after.last_login.is_some());
}

/// Readers of a counter do not wait for each other, and concurrent joins of one group do not either.
#[tokio::test]
async fn counter_readers_do_not_wait() {
    let database = prepared().await;
    let mut other = database.pool().begin().await.unwrap();
    let guards = Guards {
        actor: by(3).actor,
        ..counters(Some(EpochGuard::read(IMPORTED)), Some(EpochGuard::read(IMPORTED)))
    };
    let joining = |id, n| ChangeSet { guards, groups_added: [group(3).id].into(), ..rename(&user(id), n) };
    let first = userbook_sqlx::PostgresStore::commit_in(&mut other, &joining(1, 1)).await.unwrap();
    assert_eq!(first, CommitOutcome::Applied);
    assert_eq!(database.store.commit(&joining(2, 2)).await.unwrap(), CommitOutcome::Applied);
    other.commit().await.unwrap();
}

/// Administrators who change each other concurrently would deadlock if rows were not locked in order of ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mutual_changes_do_not_deadlock() {
    let database = prepared().await;
    for round in 0..20 {
        let [one, three] = [1, 3].map(|id| SnapshotQuery::user(UserId(id)));
        let one = database.store.load(&one).await.unwrap().user.unwrap();
        let three = database.store.load(&three).await.unwrap().user.unwrap();
        let acts = |on: &userbook::User, by: &userbook::User, n| {
            let actor = Some(ActorGuard { user: by.id, revision: by.revision });
            let (store, guards) = (database.store.clone(), Guards { actor, ..Guards::default() });
            let change = ChangeSet { guards, ..rename(on, n) };
            tokio::spawn(async move { store.commit(&change).await.unwrap() })
        };
        let ends = [acts(&one, &three, 2 * round), acts(&three, &one, 2 * round + 1)];
        let mut applied = 0;
        for end in ends {
            applied += usize::from(end.await.unwrap() == CommitOutcome::Applied);
        }
        assert_eq!(applied, 1);
    }
    let mut fresh = sqlx::PgConnection::connect_with(&database.options()).await.unwrap();
    sqlx::query("SELECT pg_stat_force_next_flush()").execute(&mut fresh).await.unwrap();
    let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut fresh).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn group_deletion_waits_for_concurrent_joins() {
    let database = prepared().await;
    let mut other = database.pool().begin().await.unwrap();
    let joins = ChangeSet { groups_added: [group(3).id].into(), ..rename(&user(1), 1) };
    userbook_sqlx::PostgresStore::commit_in(&mut other, &joins).await.unwrap();
    let step = ProvisioningChange {
        op: ProvisioningOp::DeleteGroup(group(3).id),
        members: vec![],
        has_reserved_id: false,
        sets_external_ids: false,
        guards: counters(Some(EpochGuard::bump(IMPORTED)), None),
        event: rename(&user(1), 2).event,
    };
    let store = database.store.clone();
    let deletion = tokio::spawn(async move { store.provision(&step).await.unwrap() });
    until_a_lock_is_awaited(database.pool()).await;
    other.commit().await.unwrap();
    assert_eq!(deletion.await.unwrap(), CommitOutcome::Conflict, "a member that it does not name has joined");
    let after = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap();
    assert_eq!(after.groups, [group(3).id].into());
}
