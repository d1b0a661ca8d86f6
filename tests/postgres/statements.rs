//! Counts statements and round trips between the store and the server, so that the number cannot grow unnoticed.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, postgres::PgTypeInfo};
use userbook::{
    Actor, Outcome, PermissionAuthorizer, StaticPermissions, User, UserId, UserService, UserStore,
    UserUpdate,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, EpochGuard, FieldChanges, Guards, MemberChange,
        ProvisioningChange, ProvisioningOp, ProvisioningStore, SnapshotQuery,
    },
};
use userbook_sqlx::{Placeholders, PostgresStore, postgres::pool_options};

use userbook_tests::{
    rows::{group, rename, user},
    servers::postgres::{Messages, Proxy},
    sql_files::sql_files,
};

use crate::prepared;

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let database = prepared().await;
    let files = sql_files("postgres", Placeholders::Numbered);
    assert!(files.len() > 30);
    for file in files {
        // PostgreSQL infers all types but these; the store sends the types of its values.
        let types = match file.name.as_str() {
            "put_group" => ["uuid", "text", "bool", "uuid", "text"].map(PgTypeInfo::with_name).to_vec(),
            _ => Vec::new(),
        };
        let sql = AssertSqlSafe(file.text).into_sql_str();
        let prepared = database.pool().prepare_with(sql, &types).await;
        assert!(prepared.is_ok(), "{}: {prepared:?}", file.name);
    }
}

/// Returns a store with a single counted connection. The runtime has one thread, so background work of sqlx, such as
/// the ping of a returned connection, runs only while the test awaits something else.
async fn counted(database: &userbook_tests::servers::postgres::Database) -> (Proxy, PostgresStore) {
    let proxy = Proxy::start(&database.options());
    let pool = pool_options().max_connections(1).connect_with(proxy.options().clone()).await.unwrap();
    (proxy, PostgresStore::new(pool))
}

/// Returns the sent messages once no more follow: a returned connection is idle after its ping.
async fn all(proxy: &Proxy, store: &PostgresStore) -> Messages {
    while store.pool().num_idle() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    proxy.messages()
}

/// One prepared statement in one round trip.
const ONE: Messages = Messages { parse: 0, execute: 1, query: 0, sync: 1 };

#[tokio::test]
async fn load_and_commit_take_one_statement_each() {
    let database = prepared().await;
    let (proxy, store) = counted(&database).await;
    let everything = SnapshotQuery {
        username: Some("ann".to_owned()),
        groups: [group(1).id].into(),
        actor: Some(UserId(2)),
        other_superusers: true,
        change: Some(rename(&user(1), 1).change),
        ..SnapshotQuery::user(UserId(1))
    };
    store.load(&everything).await.unwrap();
    // Both commit statements are prepared; then an idle connection is returned.
    let renamed = rename(&user(3), 9);
    store.commit(&ChangeSet { groups_added: [group(1).id].into(), ..renamed.clone() }).await.unwrap();
    store.commit(&renamed).await.unwrap();
    all(&proxy, &store).await;

    let facts = store.load(&everything).await.unwrap();
    assert_eq!(proxy.messages(), ONE, "a load");
    let behind = all(&proxy, &store).await;
    assert_eq!(behind, Messages { sync: 1, ..Messages::default() }, "sqlx pings a returned connection");

    let rich = ChangeSet {
        fields: FieldChanges { is_active: Some(false), ..FieldChanges::default() },
        groups_added: [group(1).id, group(2).id].into(),
        groups_removed: [group(3).id].into(),
        guards: Guards {
            graph: Some(EpochGuard::read(facts.epochs.graph)),
            superusers: Some(EpochGuard::bump(facts.epochs.superusers)),
            actor: Some(userbook::store::ActorGuard { user: UserId(2), revision: user(2).revision }),
            ..Guards::default()
        },
        ..rename(facts.user.as_ref().unwrap(), 1)
    };
    let plain = rename(&user(3), 9);
    for (what, change) in [
        ("all of a commit", &rich),
        ("a conflict", &rich),
        ("columns alone", &rename(&user(2), 5)),
        ("a conflict of columns alone", &plain),
    ] {
        store.commit(change).await.unwrap();
        assert_eq!(proxy.messages(), ONE, "{what}");
        all(&proxy, &store).await;
    }
}

#[tokio::test]
async fn update_takes_two_statements() {
    let database = prepared().await;
    let (proxy, store) = counted(&database).await;
    let service = UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let actor = Actor::system();
    for n in 1..=3 {
        all(&proxy, &store).await;
        let update = UserUpdate::patch().name(format!("round {n}")).is_active(n == 2);
        let updated = service.update_user(&actor, UserId(1), update).await.unwrap();
        assert!(matches!(updated.outcome, Outcome::Applied(_)));
        let Messages { parse, execute, query, .. } = all(&proxy, &store).await;
        // The first execution prepares the statements.
        assert_eq!((parse, execute, query), (if n == 1 { 2 } else { 0 }, 2, 0), "round {n}");
    }
}

#[tokio::test]
async fn provisioning_takes_a_short_transaction() {
    let database = prepared().await;
    let (proxy, store) = counted(&database).await;
    for (n, expected) in [(1, None), (2, Some((6, 2)))] {
        let directory = store.load_directory(&DirectoryQuery::default()).await.unwrap();
        let id = UserId(i64::try_from(directory.epochs.next_user).unwrap());
        let insert = ProvisioningChange {
            op: ProvisioningOp::InsertUser(Box::new(User { groups: [group(1).id].into(), ..user(id.0) })),
            members: vec![],
            has_reserved_id: false,
            sets_external_ids: false,
            guards: Guards { graph: Some(EpochGuard::read(directory.epochs.graph)), ..Guards::default() },
            event: rename(&user(id.0), n).event,
        };
        all(&proxy, &store).await;
        assert_eq!(store.provision(&insert).await.unwrap(), CommitOutcome::Applied);
        let Messages { execute, query, .. } = all(&proxy, &store).await;
        if let Some(expected) = expected {
            assert_eq!(
                (execute, query),
                expected,
                "BEGIN, guards, id, row, claims, memberships, event, COMMIT"
            );
        }
    }
}

#[tokio::test]
async fn members_take_two_statements_for_any_number() {
    let database = prepared().await;
    let (proxy, store) = counted(&database).await;
    let users = "INSERT INTO userbook_user SELECT n, gen_random_uuid(), 'n' || n, name, email, is_active, last_login, \
                 path, type, attributes, password_change_date, created_at, updated_at, revision, version, session_epoch \
                 FROM userbook_user CROSS JOIN generate_series(100, 300) AS n WHERE id = 1";
    database.pool().execute(users).await.unwrap();
    for (ids, n) in [(100..102, 1000), (110..120, 2000), (150..300, 3000)] {
        let query = DirectoryQuery { shape: true, ..DirectoryQuery::default() };
        let directory = store.load_directory(&query).await.unwrap();
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
            guards: Guards { graph: Some(EpochGuard::bump(directory.epochs.graph)), ..Guards::default() },
            event: rename(&user(1), n + 500).event,
        };
        all(&proxy, &store).await;
        assert_eq!(store.provision(&put).await.unwrap(), CommitOutcome::Applied);
        let Messages { execute, query, .. } = all(&proxy, &store).await;
        if n > 1000 {
            assert_eq!((execute, query), (5, 2), "BEGIN, guards, locks, group, members, event, COMMIT");
        }
    }
}

#[tokio::test]
async fn ping_before_use_would_be_counted() {
    let database = prepared().await;
    let proxy = Proxy::start(&database.options());
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    let store = PostgresStore::new(pool.connect_with(proxy.options().clone()).await.unwrap());
    store.load(&SnapshotQuery::user(UserId(1))).await.unwrap();
    all(&proxy, &store).await;
    store.load(&SnapshotQuery::user(UserId(1))).await.unwrap();
    assert_eq!(proxy.messages().sync, 2);
}
