//! Corrupt rows: the error names the column; the store never substitutes a default and never panics.

use std::error::Error;

use sqlx::{AssertSqlSafe, Executor};
use userbook::{
    UserId, UserStore,
    store::{Outbox, SnapshotQuery, StoreErrorKind},
};
use userbook_sqlx::DecodeError;
use userbook_tests::{
    rows::{NINE, prepared, rename, user},
    servers::mariadb::Database,
};

#[tokio::test]
async fn error_names_the_corrupt_column() {
    for (sql, column) in [
        ("UPDATE userbook_user SET username = x'ff' WHERE id = 2", "username"),
        ("UPDATE userbook_user SET is_active = 2", "is_active"),
        ("UPDATE userbook_user SET last_login = '2024-02-00'", "last_login"),
        ("UPDATE userbook_user SET password_change_date = '2024-00-01'", "password_change_date"),
        ("UPDATE userbook_user SET type = 'robot'", "type"),
        ("UPDATE userbook_user SET attributes = '{'", "attributes"),
        ("UPDATE userbook_user SET attributes = ''", "attributes"),
        ("UPDATE userbook_user SET version = -1", "version"),
        ("UPDATE userbook_group SET attributes = '{\"a\":}'", "attributes"),
        ("UPDATE userbook_group SET is_superuser = 7", "is_superuser"),
        ("UPDATE userbook_epoch SET value = -1 WHERE name = 'graph'", "graph_epoch"),
        ("DELETE FROM userbook_epoch WHERE name = 'superusers'", "superusers_epoch"),
    ] {
        let database: Database = prepared().await;
        let mut connection = database.pool().acquire().await.unwrap();
        connection.execute("SET SESSION sql_mode = '', check_constraint_checks = 0").await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
        let failure = database.store.load(&SnapshotQuery::user(UserId(2))).await.unwrap_err();
        assert_eq!(failure.kind, StoreErrorKind::Corrupt, "{sql}");
        let source = failure.source().unwrap().downcast_ref::<DecodeError>().unwrap();
        assert!(source.to_string().starts_with(&format!("column {column} ")), "{sql}: {source}");
    }
}

/// The driver reads the zero datetime as NULL, so the schema must reject it.
#[tokio::test]
async fn zero_datetime_is_rejected() {
    let database: Database = prepared().await;
    let mut connection = database.pool().acquire().await.unwrap();
    connection.execute("SET SESSION sql_mode = ''").await.unwrap();
    for column in ["last_login", "password_change_date"] {
        let sql = AssertSqlSafe(format!("UPDATE userbook_user SET {column} = '0000-00-00'"));
        assert!(sqlx::query(sql).execute(&mut *connection).await.is_err());
    }
}

#[tokio::test]
async fn unreadable_event_is_corrupt() {
    let database: Database = prepared().await;
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    sqlx::query("UPDATE userbook_event SET body = '{}'").execute(database.pool()).await.unwrap();
    assert_eq!(database.store.pending(NINE).await.unwrap_err().kind, StoreErrorKind::Corrupt);
}
