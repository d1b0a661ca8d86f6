//! How many statements and round trips it takes, so that they cannot creep: counted between the store and the
//! server.

use std::{path::Path, time::Duration};

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use userbook::{
    Actor, ChangeSet, DirectoryQuery, EpochGuard, FieldChanges, Guards, Outcome, PermissionAuthorizer,
    ProvisioningChange, ProvisioningStore, SnapshotQuery, StaticPermissions, Step, User, UserId, UserService,
    UserStore, UserUpdate,
};
use userbook_sqlx::{PostgresStore, postgres::pool_options};

use userbook_tests::{
    rows::{group, rename, user},
    servers::postgres::{Messages, Proxy},
};

use crate::prepared;

#[tokio::test]
async fn every_file_fits_the_schema() {
    let database = prepared().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/userbook-sqlx/src/postgres/sql");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let prepared = database.pool().prepare(AssertSqlSafe(text).into_sql_str()).await;
        assert!(prepared.is_ok(), "{}: {prepared:?}", file.display());
        count += 1;
    }
    assert!(count > 20);
}

/// A store whose one connection is counted. The runtime has one thread: what sqlx does behind our back, such as
/// testing a connection that goes back to the pool, it does once the test awaits something else.
async fn counted(database: &userbook_tests::servers::postgres::Database) -> (Proxy, PostgresStore) {
    let proxy = Proxy::start(&database.options());
    let pool = pool_options().max_connections(1).connect_with(proxy.options().clone()).await.unwrap();
    (proxy, PostgresStore::new(pool))
}

/// What has been sent once everything is quiet.
async fn all(proxy: &Proxy) -> Messages {
    tokio::time::sleep(Duration::from_millis(50)).await;
    proxy.messages()
}

/// One statement, prepared before, in one round trip.
const ONE: Messages = Messages { parse: 0, execute: 1, query: 0, sync: 1 };

#[tokio::test]
async fn a_load_is_one_and_a_commit_is_one() {
    let database = prepared().await;
    let (proxy, store) = counted(&database).await;
    let everything = SnapshotQuery {
        username: Some("ann".to_owned()),
        groups: [group(1).id].into(),
        actor: Some(UserId(2)),
        other_active_superuser: true,
        change: Some(rename(&user(1), 1).change),
        ..SnapshotQuery::user(UserId(1))
    };
    store.load(&everything).await.unwrap();
    // Both statements that a commit may be are prepared, and then a connection that waits goes back.
    let renamed = rename(&user(3), 9);
    store.commit(&ChangeSet { groups_added: [group(1).id].into(), ..renamed.clone() }).await.unwrap();
    store.commit(&renamed).await.unwrap();
    all(&proxy).await;

    let facts = store.load(&everything).await.unwrap().unwrap();
    assert_eq!(proxy.messages(), ONE, "a load");
    let behind = all(&proxy).await;
    assert_eq!(behind, Messages { sync: 1, ..Messages::default() }, "sqlx tests it when its turn is over");

    let rich = ChangeSet {
        fields: FieldChanges { is_active: Some(false), ..FieldChanges::default() },
        groups_added: [group(1).id, group(2).id].into(),
        groups_removed: [group(3).id].into(),
        guards: Guards {
            graph: Some(EpochGuard::read(facts.epochs.graph)),
            superusers: Some(EpochGuard::bump(facts.epochs.superusers)),
            actor: Some(userbook::ActorGuard { user: UserId(2), revision: user(2).revision }),
        },
        ..rename(&facts.user, 1)
    };
    let plain = rename(&user(3), 9);
    for (what, change) in [
        ("all of a commit", &rich),
        ("a refusal and why", &rich),
        ("columns alone", &rename(&user(2), 5)),
        ("a refusal of columns alone", &plain),
    ] {
        store.commit(change).await.unwrap();
        assert_eq!(proxy.messages(), ONE, "{what}");
        all(&proxy).await;
    }
}

#[tokio::test]
async fn an_update_is_two() {
    let database = prepared().await;
    let (proxy, store) = counted(&database).await;
    let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()));
    let actor = Actor::system();
    for n in 1..=3 {
        all(&proxy).await;
        let update = UserUpdate::patch().name(format!("round {n}")).is_active(n == 2);
        let updated = service.update_user(&actor, UserId(1), update).await.unwrap();
        assert!(matches!(updated.outcome, Outcome::Applied(_)));
        let Messages { parse, execute, query, .. } = all(&proxy).await;
        // The first time, statements have to be prepared.
        assert_eq!((parse, execute, query), (if n == 1 { 2 } else { 0 }, 2, 0), "round {n}");
    }
}

#[tokio::test]
async fn a_step_is_a_short_transaction() {
    let database = prepared().await;
    let (proxy, store) = counted(&database).await;
    for (n, expected) in [(1, None), (2, Some((5, 2)))] {
        let directory = store.load_directory(&DirectoryQuery::default()).await.unwrap();
        let id = UserId(i64::try_from(directory.epochs.next_user).unwrap());
        let step = ProvisioningChange {
            step: ProvisioningOp::InsertUser(Box::new(User { groups: [group(1).id].into(), ..user(id.0) })),
            guards: Guards { graph: Some(EpochGuard::read(directory.epochs.graph)), ..Guards::default() },
            event: (*rename(&user(id.0), n).event).clone(),
        };
        all(&proxy).await;
        store.provision(&step).await.unwrap();
        let Messages { execute, query, .. } = all(&proxy).await;
        if let Some(expected) = expected {
            assert_eq!((execute, query), expected, "BEGIN, guards, id, row, memberships, event, COMMIT");
        }
    }
}

#[tokio::test]
async fn a_ping_before_each_use_would_be_seen() {
    let database = prepared().await;
    let proxy = Proxy::start(&database.options());
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    let store = PostgresStore::new(pool.connect_with(proxy.options().clone()).await.unwrap());
    store.load(&SnapshotQuery::user(UserId(1))).await.unwrap();
    all(&proxy).await;
    store.load(&SnapshotQuery::user(UserId(1))).await.unwrap();
    assert_eq!(proxy.messages().sync, 2);
}
