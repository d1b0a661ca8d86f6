//! Corrupt rows: the error names the column; the store never substitutes a default.

use std::error::Error;

use sqlx::AssertSqlSafe;
use userbook::{
    User, UserId, UserStore,
    store::{ImportData, Outbox, SnapshotQuery, StoreErrorKind},
};
use userbook_sqlx::DecodeError;

use crate::database::{Database, NINE, group, rename, user};

async fn prepared() -> Database {
    let member = User { groups: [group(1).id].into(), ..user(1) };
    Database::with(&ImportData { groups: vec![group(1)], users: vec![member], ..ImportData::default() }).await
}

async fn spoil(database: &Database, sql: &'static str) {
    let mut connection = database.pool().acquire().await.unwrap();
    sqlx::query("PRAGMA ignore_check_constraints = on").execute(&mut *connection).await.unwrap();
    sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
}

#[tokio::test]
async fn error_names_the_corrupt_column() {
    for (sql, column) in [
        ("UPDATE userbook_user SET uuid = x'0102'", "uuid"),
        ("UPDATE userbook_user SET revision = x''", "revision"),
        ("UPDATE userbook_user SET is_active = 2", "is_active"),
        ("UPDATE userbook_user SET last_login = 9223372036854775807", "last_login"),
        ("UPDATE userbook_user SET password_change_date = -9223372036854775808", "password_change_date"),
        ("UPDATE userbook_user SET type = 'robot'", "type"),
        ("UPDATE userbook_user SET attributes = '{'", "attributes"),
        ("UPDATE userbook_user SET attributes = ''", "attributes"),
        ("UPDATE userbook_user SET version = -1", "version"),
        ("UPDATE userbook_user SET name = CAST(x'ff' AS TEXT)", "name"),
        ("UPDATE userbook_group SET attributes = '{\"a\":}'", "attributes"),
        ("UPDATE userbook_group SET is_superuser = 7", "is_superuser"),
        ("UPDATE userbook_group SET name = CAST(x'c328' AS TEXT)", "name"),
        ("UPDATE userbook_epoch SET value = -1 WHERE name = 'graph'", "graph_epoch"),
        ("DELETE FROM userbook_epoch WHERE name = 'superusers'", "superusers_epoch"),
    ] {
        let database = prepared().await;
        spoil(&database, sql).await;
        let failure = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err();
        assert_eq!(failure.kind, StoreErrorKind::Corrupt, "{sql}");
        let source = failure.source().unwrap().downcast_ref::<DecodeError>().unwrap();
        assert!(source.to_string().starts_with(&format!("column {column} ")), "{sql}: {source}");
    }
}

#[tokio::test]
async fn unreadable_event_is_corrupt() {
    let database = prepared().await;
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    spoil(&database, "UPDATE userbook_event SET body = '{}'").await;
    assert_eq!(database.store.pending(NINE).await.unwrap_err().kind, StoreErrorKind::Corrupt);
}
