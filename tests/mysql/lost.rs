//! Connections lost during a change. During the commit the outcome is ambiguous until a load looks for the event;
//! before the commit, nothing was written.

use std::{sync::Arc, time::Duration};

use sqlx::{AssertSqlSafe, Executor};
use userbook::{
    Actor, Outcome, PermissionAuthorizer, StaticPermissions, UserId, UserService, UserStore, UserUpdate,
    store::StoreErrorKind::{Ambiguous, Transient},
    store::{CommitOutcome, SnapshotQuery},
};
use userbook_sqlx::{MySqlStore, mysql::pool_options};
use userbook_tests::{
    rows::{prepared, rename, user},
    servers::{
        mariadb::{Command, Database, Proxy},
        relay::Cut,
    },
};

use crate::waits::until_a_lock_is_awaited;

fn commit() -> Command {
    Command::Query("COMMIT".to_owned())
}

async fn through(database: &Database) -> (Proxy, MySqlStore) {
    let proxy = Proxy::start(&database.options());
    let pool = pool_options().max_connections(1).connect_with(proxy.options().clone()).await.unwrap();
    (proxy, MySqlStore::new(pool))
}

#[tokio::test]
async fn lost_connection_during_commit_is_ambiguous_and_the_event_decides() {
    for (cut, change_committed) in [(Cut::Question, false), (Cut::Answer, true)] {
        let database: Database = prepared().await;
        let (proxy, store) = through(&database).await;
        proxy.cut_command(commit(), cut);
        let change = rename(&user(1), 1);
        assert_eq!(store.commit(&change).await.unwrap_err().kind, Ambiguous, "{cut:?}");
        let query = SnapshotQuery { change: Some(change.change), ..SnapshotQuery::user(UserId(1)) };
        // The server may still execute the commit.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(store.load(&query).await.unwrap().change_committed, change_committed, "{cut:?}");
    }
}

#[tokio::test]
async fn lost_connection_before_commit_writes_nothing() {
    for (n, command) in [Command::Execute, Command::Prepare].into_iter().enumerate() {
        for cut in [Cut::Question, Cut::Answer] {
            let database: Database = prepared().await;
            let (proxy, store) = through(&database).await;
            proxy.cut_command(command.clone(), cut);
            assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Transient, "{n} {cut:?}");
            assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap(), CommitOutcome::Applied);
        }
    }
}

#[tokio::test]
async fn service_resolves_an_ambiguous_commit() {
    for cut in [Cut::Question, Cut::Answer] {
        let database: Database = prepared().await;
        let (proxy, store) = through(&database).await;
        let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()));
        let (actor, named) = (Actor::system(), |name: &str| UserUpdate::patch().name(name));
        service.update_user(&actor, UserId(1), named("first")).await.unwrap();
        proxy.cut_command(commit(), cut);
        let updated = service.update_user(&actor, UserId(1), named("second")).await.unwrap();
        assert!(matches!(updated.outcome, Outcome::Applied(_)), "{cut:?}");
        let events: i64 = sqlx::query_scalar("SELECT count(*) FROM userbook_event")
            .fetch_one(database.pool())
            .await
            .unwrap();
        assert_eq!(events, 2, "{cut:?}: applied once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_session_writes_nothing() {
    for kill in ["KILL", "KILL QUERY"] {
        let database: Database = prepared().await;
        let mut other = database.pool().begin().await.unwrap();
        other.execute("SELECT id FROM userbook_user WHERE id = 1 FOR UPDATE").await.unwrap();
        let store = Arc::clone(&database.store);
        let commit = tokio::spawn(async move { store.commit(&rename(&user(1), 1)).await });
        let waiting = until_a_lock_is_awaited(database.pool()).await;
        let kill = AssertSqlSafe(format!("{kill} {waiting}"));
        sqlx::raw_sql(kill).execute(database.pool()).await.unwrap();
        assert_eq!(commit.await.unwrap().unwrap_err().kind, Transient);
        other.rollback().await.unwrap();
        assert_eq!(database.store.commit(&rename(&user(1), 1)).await.unwrap(), CommitOutcome::Applied);
    }
}
