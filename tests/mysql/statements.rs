//! Counts round trips between the store and the server, so that the number cannot grow unnoticed.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use userbook::{
    UserId, UserStore,
    store::{
        ActorGuard, ChangeSet, CommitOutcome, DirectoryQuery, EpochGuard, FieldChanges, Guards, MemberChange,
        ProvisioningChange, ProvisioningOp, ProvisioningStore, SnapshotQuery,
    },
};
use userbook_sqlx::{MySqlStore, Placeholders, mysql::pool_options};
use userbook_tests::{
    rows::{group, prepared, rename, user},
    servers::mariadb::{Command, Database, Proxy},
    sql_files::sql_files,
};

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let database = Database::new().await;
    // MariaDB has no statement that inserts or overwrites by one key.
    let files =
        sql_files("mysql", Placeholders::Positional).into_iter().filter(|file| file.name != "put_group");
    let files: Vec<_> = files.collect();
    assert!(files.len() > 30);
    for file in files {
        let prepared = database.pool().prepare(AssertSqlSafe(file.text).into_sql_str()).await;
        assert!(prepared.is_ok(), "{}: {prepared:?}", file.name);
    }
}

/// Returns a store with a single counted connection.
async fn counted(database: &Database) -> (Proxy, MySqlStore) {
    let proxy = Proxy::start(&database.options());
    let pool = pool_options().max_connections(1).connect_with(proxy.options().clone()).await.unwrap();
    (proxy, MySqlStore::new(pool))
}

/// Returns the sent commands without the ping with which sqlx tests a connection that is returned to the pool.
async fn sent(proxy: &Proxy) -> Vec<Command> {
    tokio::time::sleep(Duration::from_millis(50)).await;
    proxy.commands().into_iter().filter(|command| *command != PING).collect()
}

const PING: Command = Command::Other(0x0e);

fn everything() -> SnapshotQuery {
    SnapshotQuery {
        username: Some("ann".to_owned()),
        groups: [group(1).id].into(),
        actor: Some(UserId(2)),
        other_superusers: true,
        change: Some(rename(&user(1), 1).change),
        ..SnapshotQuery::user(UserId(1))
    }
}

/// Returns the commands of a transaction with this number of statements.
fn transaction(statements: usize, end: &str) -> Vec<Command> {
    let mut commands = vec![Command::Execute; statements];
    commands.insert(0, Command::Query(userbook_sqlx::mysql::BEGIN.trim().to_owned()));
    commands.push(Command::Query(end.to_owned()));
    commands
}

#[tokio::test]
async fn load_takes_one_statement_and_commit_takes_few() {
    let database: Database = prepared().await;
    let (proxy, store) = counted(&database).await;
    // The first round prepares the statements.
    for round in 0..2 {
        let check = async |expected: Vec<Command>, what: &str| {
            let sent = sent(&proxy).await;
            assert!(round == 0 || sent == expected, "{what}: {sent:?}");
        };
        sent(&proxy).await;
        let facts = store.load(&everything()).await.unwrap();
        check(vec![Command::Execute], "a load").await;
        store.load_directory(&DirectoryQuery { shape: true, ..DirectoryQuery::default() }).await.unwrap();
        check(vec![Command::Execute], "a directory").await;

        let change = rename(facts.user.as_ref().unwrap(), 10 * round);
        assert_eq!(store.commit(&change).await.unwrap(), CommitOutcome::Applied);
        check(transaction(2, "COMMIT"), "an ordinary update: the row and its event").await;

        assert_eq!(store.commit(&change).await.unwrap(), CommitOutcome::Conflict);
        let mut refused = transaction(1, "ROLLBACK");
        refused.push(Command::Execute);
        check(refused, "a conflict, and whether the row is gone").await;

        let facts = store.load(&everything()).await.unwrap();
        sent(&proxy).await;
        let [joined, left] = if round == 0 { [2, 3] } else { [3, 2] }.map(|n| [group(n).id].into());
        let rich = ChangeSet {
            fields: FieldChanges { is_active: Some(round == 1), ..FieldChanges::default() },
            groups_added: joined,
            groups_removed: left,
            guards: Guards {
                graph: Some(EpochGuard::read(facts.epochs.graph)),
                superusers: Some(EpochGuard::bump(facts.epochs.superusers)),
                actor: Some(ActorGuard { user: UserId(2), revision: user(2).revision }),
                ..Guards::default()
            },
            ..rename(facts.user.as_ref().unwrap(), 10 * round + 1)
        };
        assert_eq!(store.commit(&rich).await.unwrap(), CommitOutcome::Applied);
        check(transaction(5, "COMMIT"), "counters, rows, groups left, groups joined, event").await;
    }
}

#[tokio::test]
async fn cost_of_members_is_independent_of_their_number() {
    let database: Database = prepared().await;
    let (proxy, store) = counted(&database).await;
    let users = "INSERT INTO userbook_user (id, uuid, username, name, email, is_active, last_login, path, type, \
                 attributes, password_change_date, created_at, updated_at, revision, version, session_epoch) \
                 SELECT seq, UNHEX(MD5(seq)), CONCAT('n', seq), name, email, is_active, last_login, path, type, \
                 attributes, password_change_date, created_at, updated_at, revision, version, session_epoch \
                 FROM userbook_user JOIN seq_100_to_300 WHERE id = 1";
    database.pool().execute(users).await.unwrap();
    for (ids, n) in [(100..102, 1000), (110..120, 2000), (150..300, 3000)] {
        let epochs = store.load_directory(&DirectoryQuery::default()).await.unwrap().epochs;
        let members = ids.zip(n..).map(|(id, n)| {
            let change = rename(&user(id), n);
            MemberChange {
                user: change.user,
                expected: change.expected,
                change: change.change,
                version: change.version,
                joins: id % 2 == 0,
                event: change.event,
            }
        });
        let put = ProvisioningChange {
            op: ProvisioningOp::PutGroup(Box::new(group(1))),
            members: members.collect(),
            has_reserved_id: false,
            sets_external_ids: false,
            guards: Guards { graph: Some(EpochGuard::bump(epochs.graph)), ..Guards::default() },
            event: rename(&user(1), n + 500).event,
        };
        sent(&proxy).await;
        assert_eq!(store.provision(&put).await.unwrap(), CommitOutcome::Applied);
        if n > 1000 {
            let what = "counters, rows, group, left, joined, events, event";
            assert_eq!(sent(&proxy).await, transaction(7, "COMMIT"), "{what}");
        }
    }
}
