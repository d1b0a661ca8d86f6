//! Creation, migration, failures and the end of tenants on real databases.

use std::{fs, time::Duration};

use sqlx::Executor;
use tokio::task::JoinSet;
use userbook::{
    UserId, UserStore,
    store::{ImportData, ImportStore, SnapshotQuery, StoreErrorKind},
};
use userbook_sqlx::Migration;
use userbook_tenants::{PostgresTenants, SqliteTenants, TenantError, TenantLimits, TenantPrefix, Tenants};
use userbook_tests::{rows::user, servers::postgres::Database};

use crate::fixture::{limits, name, postgres, sqlite};

/// Leaves a row each time that it runs.
const COUNT: &[Migration] = &[Migration {
    version: 1,
    name: "count",
    sql: "INSERT INTO public.migrated (place) VALUES (current_schema())",
}];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_first_use_of_new_schemas_migrates_each_once() {
    let database = Database::blank().await;
    database.pool().execute("CREATE TABLE public.migrated (place TEXT NOT NULL)").await.unwrap();
    let pool = userbook_sqlx::postgres::pool_options().max_connections(2).acquire_timeout(limits(3).wait);
    let source = PostgresTenants::postgres(database.options(), pool, TenantPrefix::default());
    let tenants = Tenants::new(source.with_migrations("count", COUNT), limits(3));
    // Schemas that an administrator created, without tables.
    for n in 0..6 {
        let create = format!("CREATE SCHEMA tenant_t{n}");
        database.pool().execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    }
    let mut all = JoinSet::new();
    for n in 0..48 {
        let tenants = tenants.clone();
        all.spawn(async move {
            let store = tenants.get(&name(&format!("t{}", n % 6))).await.unwrap();
            store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user
        });
    }
    assert!(all.join_all().await.into_iter().all(|user| user.is_none()));
    let sql = "SELECT place FROM public.migrated ORDER BY place";
    let migrated: Vec<String> = sqlx::query_scalar(sql).fetch_all(database.pool()).await.unwrap();
    assert_eq!(migrated, (0..6).map(|n| format!("tenant_t{n}")).collect::<Vec<_>>());
    tenants.close().await;
}

/// A migration that waits for a lock in one schema delays no other tenant.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_migration_delays_no_other_tenant() {
    let database = Database::blank().await;
    let tenants = postgres(database.options(), limits(3));
    database.pool().execute("CREATE SCHEMA tenant_slow").await.unwrap();
    // Another process migrates the schema.
    let mut lock = database.pool().begin().await.unwrap();
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended('userbook_migration tenant_slow', 0))";
    lock.execute(sql).await.unwrap();
    let waiting = tenants.clone();
    let slow = tokio::spawn(async move { waiting.get(&name("slow")).await.map(drop) });
    for n in 0..4 {
        assert!(tenants.create(&name(&format!("t{n}"))).await.unwrap());
    }
    assert!(!slow.is_finished());
    lock.rollback().await.unwrap();
    slow.await.unwrap().unwrap();
    tenants.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_schema_is_unknown_and_can_be_created_again() {
    let database = Database::blank().await;
    let tenants = postgres(database.options(), TenantLimits { idle: Duration::from_millis(20), ..limits(2) });
    let acme = name("acme");
    for _ in 0..2 {
        assert!(tenants.create(&acme).await.unwrap());
        let store = tenants.get(&acme).await.unwrap();
        store.import(&ImportData { users: vec![user(1)], ..ImportData::default() }).await.unwrap();
        drop(store);
        while tenants.counts().open + tenants.counts().closing > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        database.pool().execute("DROP SCHEMA tenant_acme CASCADE").await.unwrap();
        assert!(matches!(tenants.get(&acme).await, Err(TenantError::Unknown(_))));
    }
    tenants.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_foreign_and_linked_files_affect_no_other_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let tenants = sqlite(folder.path(), limits(2));
    assert!(tenants.create(&name("good")).await.unwrap());
    let path = |name: &str| folder.path().join(format!("{name}.db"));
    fs::write(
        path("damaged"),
        "not a database, but long enough to have a header of one hundred bytes. ".repeat(20),
    )
    .unwrap();
    std::os::unix::fs::symlink(path("good"), path("linked")).unwrap();
    fs::create_dir(path("folder")).unwrap();
    for _ in 0..2 {
        let error = tenants.get(&name("damaged")).await.unwrap_err();
        let TenantError::Failed { source, .. } = &error else { panic!("{error}") };
        assert_eq!(source.kind, StoreErrorKind::Corrupt);
        for unknown in ["linked", "folder", "missing"] {
            let error = tenants.get(&name(unknown)).await.unwrap_err();
            assert!(matches!(error, TenantError::Unknown(_)), "{unknown}: {error}");
        }
        let good = tenants.get(&name("good")).await.unwrap();
        good.load(&SnapshotQuery::user(UserId(1))).await.unwrap();
    }
    assert!(!path("missing").exists());
    assert_eq!(tenants.names().await.unwrap(), ["damaged", "good"].map(name));
    tenants.close().await;
}

#[tokio::test]
async fn files_are_private_and_stay_deleted() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let tenants = sqlite(folder.path(), limits(2));
    tenants.create(&name("acme")).await.unwrap();
    let path = tenants.source().path(&name("acme"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    tenants.close().await;
    fs::remove_file(&path).unwrap();
    let tenants = sqlite(folder.path(), limits(2));
    assert!(matches!(tenants.get(&name("acme")).await, Err(TenantError::Unknown(_))));
    assert!(!path.exists());
}

const BADGES: &[Migration] = &[Migration {
    version: 1,
    name: "badges",
    sql: "CREATE TABLE badge (user_id BIGINT NOT NULL, name TEXT NOT NULL)",
}];

#[tokio::test]
async fn tables_of_the_host_are_migrated_in_each_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(2);
    let source = SqliteTenants::sqlite(folder.path(), pool).with_migrations("badges", BADGES);
    let tenants = Tenants::new(source, limits(2));
    for tenant in ["acme", "globex"] {
        tenants.create(&name(tenant)).await.unwrap();
        let store = tenants.get(&name(tenant)).await.unwrap();
        let sql = "INSERT INTO badge (user_id, name) VALUES (1, 'admin')";
        assert_eq!(store.pool().execute(sql).await.unwrap().rows_affected(), 1);
        let all: i64 =
            sqlx::query_scalar("SELECT count(*) FROM badge").fetch_one(store.pool()).await.unwrap();
        assert_eq!(all, 1);
    }
    tenants.close().await;
}

/// A write that runs when its tenant is closed is applied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_operation_ends_before_its_tenant_is_closed() {
    let database = Database::blank().await;
    let tenants = postgres(database.options(), limits(1));
    for tenant in ["acme", "globex"] {
        tenants.create(&name(tenant)).await.unwrap();
    }
    let store = tenants.get(&name("acme")).await.unwrap();
    let writing = (*store).clone();
    let mut transaction = writing.begin_write().await.unwrap();
    // The open tenant is dropped, the transaction is not: the only place stays in use.
    drop(store);
    let waiting = tenants.clone();
    let globex = tokio::spawn(async move { waiting.get(&name("globex")).await.map(drop) });
    transaction.execute("SELECT pg_sleep(0.3)").await.unwrap();
    transaction.execute("CREATE TABLE written (id BIGINT)").await.unwrap();
    assert!(!globex.is_finished());
    transaction.commit().await.unwrap();
    globex.await.unwrap().unwrap();
    let sql = "SELECT count(*) FROM pg_tables WHERE schemaname = 'tenant_acme' AND tablename = 'written'";
    assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(database.pool()).await.unwrap(), 1);
    tenants.close().await;
}
