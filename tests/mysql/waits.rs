//! Other transactions that write after a commit has started and before it holds its locks: the state on which the
//! change was decided is outdated then.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor, MySqlPool, SqlSafeStr};
use tokio::sync::Mutex;
use userbook::{
    UserId, UserStore,
    field::Username,
    store::{
        ActorGuard, ChangeSet, CommitOutcome, EpochGuard, FieldChanges, Guards, Outbox, ProvisioningChange,
        ProvisioningOp, ProvisioningStore, SnapshotQuery,
    },
};
use userbook_sqlx::{MySqlStore, mysql::BEGIN};
use userbook_tests::{
    rows::{NINE, group, prepared, rename, user},
    servers::mariadb::Database,
};

/// The connections to this database that wait for a lock.
const WAITING: &str = "SELECT CAST(process.id AS UNSIGNED) FROM information_schema.innodb_trx AS open \
    JOIN information_schema.processlist AS process ON process.id = open.trx_mysql_thread_id \
    WHERE open.trx_state = 'LOCK WAIT' AND process.db = DATABASE()";

/// The server refreshes this table only after 0.1 s without queries.
static ASKING: Mutex<()> = Mutex::const_new(());

/// Waits until a connection waits for a lock; returns the first one.
pub(crate) async fn until_a_lock_is_awaited(pool: &MySqlPool) -> u64 {
    loop {
        let asking = ASKING.lock().await;
        tokio::time::sleep(Duration::from_millis(110)).await;
        let found: Vec<u64> = sqlx::query_scalar(WAITING).fetch_all(pool).await.unwrap();
        drop(asking);
        if let [connection, ..] = found[..] {
            return connection;
        }
    }
}

/// Commits while another transaction, which has executed `sql`, is about to commit or roll back.
async fn against(database: &Database, sql: &str, keep: bool, change: &ChangeSet) -> CommitOutcome {
    let mut other = database.pool().begin_with(BEGIN).await.unwrap();
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

const TOUCH: &str = "UPDATE userbook_user SET revision = UNHEX(MD5(RAND())) WHERE id =";

fn guarded(user_id: i64, guards: Guards) -> ChangeSet {
    ChangeSet { guards, ..rename(&user(user_id), 1) }
}

fn by(actor: i64) -> Guards {
    let actor = ActorGuard { user: UserId(actor), revision: user(actor).revision };
    Guards { actor: Some(actor), ..Guards::default() }
}

/// Guards with the counters of a fresh import.
fn counters(graph: Option<fn(u64) -> EpochGuard>, superusers: Option<fn(u64) -> EpochGuard>) -> Guards {
    Guards {
        graph: graph.map(|guard| guard(1)),
        superusers: superusers.map(|guard| guard(1)),
        actor: None,
        ..Guards::default()
    }
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
    let rely: Option<fn(u64) -> EpochGuard> = Some(EpochGuard::read);
    let change: Option<fn(u64) -> EpochGuard> = Some(EpochGuard::bump);
    let count = |name: &str| format!("UPDATE userbook_epoch SET value = value + 1 WHERE name = '{name}'");
    let failed = || CommitOutcome::Conflict;
    let added = "INSERT INTO userbook_user (id, uuid, username, name, email, is_active, last_login, path, type, \
                 attributes, password_change_date, created_at, updated_at, revision, version, session_epoch) SELECT 9, UNHEX(MD5('new')), 'new', name, email, is_active, last_login, path, type, \
                 attributes, password_change_date, created_at, updated_at, revision, version, session_epoch FROM userbook_user WHERE id = 3";
    vec![
        (format!("{TOUCH} 1"), rename(&user(1), 1), CommitOutcome::Conflict),
        ("DELETE FROM userbook_user WHERE id = 1".into(), rename(&user(1), 1), CommitOutcome::Gone),
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
        let database: Database = prepared().await;
        assert_eq!(against(&database, &sql, true, &change).await, outcome, "{sql}");
        assert_eq!(database.store.pending(NINE).await.unwrap(), [], "{sql}");
        let query = SnapshotQuery::user(change.user);
        let after = database.store.load(&query).await.unwrap();
        if let Some(user) = after.user {
            assert_eq!((user.name.as_str(), user.groups.len()), ("Original", 0), "{sql}");
            assert!(
                after.epochs.graph + after.epochs.superusers <= 3,
                "{sql}: incremented by a rejected change"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolled_back_transaction_has_no_effect() {
    for (sql, change, _) in races() {
        let database: Database = prepared().await;
        assert_eq!(against(&database, &sql, false, &change).await, CommitOutcome::Applied, "{sql}");
        assert_eq!(database.store.pending(NINE).await.unwrap(), [(*change.event).clone()], "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_login_is_kept() {
    let database: Database = prepared().await;
    let login = "UPDATE userbook_user SET last_login = '2024-05-06 07:08:09', name = 'Other' WHERE id = 1";
    let mut change = rename(&user(1), 1);
    change.fields = FieldChanges { is_active: Some(false), ..FieldChanges::default() };
    assert_eq!(against(&database, login, true, &change).await, CommitOutcome::Applied);
    let after = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap();
    assert_eq!((after.name.as_str(), after.is_active), ("Other", false));
    assert!(after.last_login.is_some());
}

/// The cost of counters that are safe in clusters: readers of a counter increment it too.
#[tokio::test]
async fn second_reader_of_a_counter_conflicts() {
    let database: Database = prepared().await;
    let relies = |id, n| ChangeSet { guards: counters(Some(EpochGuard::read), None), ..rename(&user(id), n) };
    assert_eq!(database.store.commit(&relies(1, 1)).await.unwrap(), CommitOutcome::Applied);
    assert_eq!(database.store.commit(&relies(3, 2)).await.unwrap(), CommitOutcome::Conflict);
}

/// Concurrent joins of one group do not wait for each other, and ordinary updates wait for no other writer.
#[tokio::test]
async fn concurrent_joins_do_not_wait() {
    let database: Database = prepared().await;
    let mut other = database.pool().begin_with(BEGIN).await.unwrap();
    let guards = Guards { actor: by(2).actor, ..counters(Some(EpochGuard::read), Some(EpochGuard::read)) };
    let joining = |id, n| ChangeSet { groups_added: [group(3).id].into(), ..rename(&user(id), n) };
    let first = ChangeSet { guards, ..joining(1, 1) };
    assert_eq!(MySqlStore::commit_in(&mut other, &first).await.unwrap(), CommitOutcome::Applied);
    assert_eq!(database.store.commit(&joining(3, 2)).await.unwrap(), CommitOutcome::Applied);
    other.commit().await.unwrap();
}

/// Administrators who change each other concurrently would deadlock if rows were not locked in order of ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mutual_changes_do_not_deadlock() {
    let database: Database = prepared().await;
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
        let mut outcomes = Vec::new();
        for end in ends {
            outcomes.push(end.await.unwrap());
        }
        assert!(outcomes.contains(&CommitOutcome::Applied), "{outcomes:?}");
        assert!(outcomes.contains(&CommitOutcome::Conflict), "{outcomes:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn group_deletion_waits_for_concurrent_joins() {
    let database: Database = prepared().await;
    let mut other = database.pool().begin_with(BEGIN).await.unwrap();
    let joins = ChangeSet { groups_added: [group(3).id].into(), ..rename(&user(1), 1) };
    MySqlStore::commit_in(&mut other, &joins).await.unwrap();
    let step = ProvisioningChange {
        op: ProvisioningOp::DeleteGroup(group(3).id),
        members: vec![],
        has_reserved_id: false,
        sets_external_ids: false,
        guards: counters(Some(EpochGuard::bump), None),
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
