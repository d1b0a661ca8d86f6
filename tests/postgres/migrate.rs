//! Migrations.

use sqlx::AssertSqlSafe;
use userbook_sqlx::{MigrateError, PostgresStore, postgres::pool_options};
use userbook_tests::servers::postgres::{Database, server};

#[tokio::test]
async fn second_migration_changes_nothing() {
    let database = Database::new().await;
    database.store.migrate().await.unwrap();
    let applied: Vec<(String, i64)> = sqlx::query_as("SELECT component, version FROM userbook_migration")
        .fetch_all(database.pool())
        .await
        .unwrap();
    assert_eq!(applied, [("userbook".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_migrations_wait_for_each_other() {
    for level in ["read committed", "serializable"] {
        let database = Database::blank().await;
        let options = database.options().options([("default_transaction_isolation", level)]);
        let starts = (0..6).map(|_| {
            let options = options.clone();
            tokio::spawn(async move {
                let pool = pool_options().max_connections(1).connect_with(options).await.unwrap();
                PostgresStore::new(pool).migrate().await
            })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn changed_or_unknown_migrations_are_rejected() {
    for (sql, expected) in [
        ("UPDATE userbook_migration SET checksum = 'other'", "migration 1 (baseline) was applied"),
        (
            "INSERT INTO userbook_migration VALUES ('userbook', 99, 'new', 'x')",
            "migration 99 was applied to this database and is unknown to this program",
        ),
    ] {
        let database = Database::new().await;
        sqlx::query(AssertSqlSafe(sql)).execute(database.pool()).await.unwrap();
        let refused = database.store.migrate().await.unwrap_err();
        assert!(refused.to_string().starts_with(expected), "{refused}");
    }
}

#[tokio::test]
async fn failed_migration_is_rolled_back() {
    let database = Database::blank().await;
    sqlx::query("CREATE TABLE userbook_event (mine text)").execute(database.pool()).await.unwrap();
    assert!(matches!(database.store.migrate().await, Err(MigrateError::Database(_))));
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(database.pool()).await.unwrap();
    assert_eq!(tables, ["userbook_event"]);
}

#[tokio::test]
async fn database_with_another_encoding_is_rejected() {
    let name = format!("userbook_latin_{}", std::process::id());
    let sql =
        format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
    server().run(sql).await;
    let pool = pool_options().max_connections(1).connect_with(server().options(&name)).await.unwrap();
    let refused = PostgresStore::new(pool.clone()).migrate().await;
    pool.close().await;
    server().run(format!("DROP DATABASE {name} WITH (FORCE)")).await;
    assert!(matches!(refused, Err(MigrateError::NotUnicode { encoding }) if encoding == "LATIN1"));
}

#[tokio::test]
async fn tables_are_created_in_the_schema_of_the_host() {
    let database = Database::blank().await;
    sqlx::query("CREATE SCHEMA directory").execute(database.pool()).await.unwrap();
    let options = database.options().options([("search_path", "directory")]);
    let pool = pool_options().max_connections(1).connect_with(options).await.unwrap();
    let store = PostgresStore::new(pool);
    store.migrate().await.unwrap();
    let sql = "SELECT count(*) FROM pg_tables WHERE schemaname = 'directory'";
    assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(store.pool()).await.unwrap(), 12);
}
