//! Connections lost during a commit: the commit may be applied or not, and a load that looks for the event decides.

use std::{sync::Arc, time::Duration};

use sqlx::{AssertSqlSafe, Executor};
use userbook::{
    Actor, Outcome, PermissionAuthorizer, StaticPermissions, UserId, UserService, UserStore, UserUpdate,
    store::{SnapshotQuery, StoreErrorKind},
};
use userbook_sqlx::{PostgresStore, postgres::pool_options};

use userbook_tests::{
    rows::{rename, user},
    servers::{postgres::Proxy, relay::Cut},
};

use crate::prepared;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_session_is_ambiguous() {
    let database = prepared().await;
    let mut other = database.pool().begin().await.unwrap();
    other.execute("SELECT FROM userbook_user WHERE id = 1 FOR UPDATE").await.unwrap();
    let store = Arc::clone(&database.store);
    let commit = tokio::spawn(async move { store.commit(&rename(&user(1), 1)).await });
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(AssertSqlSafe(end)).fetch_one(database.pool()).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(commit.await.unwrap().unwrap_err().kind, StoreErrorKind::Ambiguous);
    other.rollback().await.unwrap();
    assert_eq!(database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap(), user(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answer_is_ambiguous_and_the_event_decides() {
    for (cut, change_committed) in [(Cut::Question, false), (Cut::Answer, true)] {
        let database = prepared().await;
        let proxy = Proxy::start(&database.options());
        let pool = pool_options().max_connections(1).connect_with(proxy.options().clone()).await.unwrap();
        let store = PostgresStore::new(pool);
        // Prepares the statement.
        store.commit(&rename(&user(3), 7)).await.unwrap();
        proxy.cut_statement(1, cut);
        let change = rename(&user(1), 1);
        let failed = store.commit(&change).await.unwrap_err();
        assert_eq!(failed.kind, StoreErrorKind::Ambiguous, "{cut:?}");
        let query = SnapshotQuery { change: Some(change.change), ..SnapshotQuery::user(UserId(1)) };
        // The server may still execute the commit.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(store.load(&query).await.unwrap().change_committed, change_committed, "{cut:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_resolves_an_ambiguous_commit() {
    for cut in [Cut::Question, Cut::Answer] {
        let database = prepared().await;
        let proxy = Proxy::start(&database.options());
        let pool = pool_options().max_connections(1).connect_with(proxy.options().clone()).await.unwrap();
        let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
        let service = UserService::new(PostgresStore::new(pool), authorizer);
        let (actor, named) = (Actor::system(), |name: &str| UserUpdate::patch().name(name));
        service.update_user(&actor, UserId(1), named("first")).await.unwrap();
        // A load precedes the commit.
        proxy.cut_statement(2, cut);
        let updated = service.update_user(&actor, UserId(1), named("second")).await.unwrap();
        assert!(matches!(updated.outcome, Outcome::Applied(_)), "{cut:?}");
        let events: i64 = sqlx::query_scalar("SELECT count(*) FROM userbook_event")
            .fetch_one(database.pool())
            .await
            .unwrap();
        assert_eq!(events, 2, "{cut:?}: applied once");
    }
}
