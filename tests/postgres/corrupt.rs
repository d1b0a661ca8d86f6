//! Corrupt rows: the error names the column; the store never substitutes a default and never panics.

use std::error::Error;

use sqlx::AssertSqlSafe;
use userbook::{
    UserId, UserStore,
    store::{Outbox, SnapshotQuery, StoreErrorKind},
};
use userbook_sqlx::DecodeError;

use userbook_tests::rows::{NINE, rename, user};

use crate::prepared;

#[tokio::test]
async fn error_names_the_corrupt_column() {
    let database = prepared().await;
    for (sql, column) in [
        ("UPDATE userbook_user SET last_login = 'infinity'", "last_login"),
        (
            "UPDATE userbook_user SET last_login = NULL, password_change_date = '-infinity'",
            "password_change_date",
        ),
        ("UPDATE userbook_user SET password_change_date = '294276-12-31T23:59:59Z'", "password_change_date"),
        ("UPDATE userbook_user SET password_change_date = now(), type = 'robot'", "type"),
        ("UPDATE userbook_user SET type = 'internal', attributes = '{'", "attributes"),
        ("UPDATE userbook_user SET attributes = ''", "attributes"),
        ("UPDATE userbook_user SET attributes = '{}', version = -1", "version"),
        ("UPDATE userbook_epoch SET value = -1 WHERE name = 'graph'", "graph_epoch"),
        ("DELETE FROM userbook_epoch WHERE name = 'superusers'", "superusers_epoch"),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(database.pool()).await.unwrap();
        let failure = database.store.load(&SnapshotQuery::user(UserId(2))).await.unwrap_err();
        assert_eq!(failure.kind, StoreErrorKind::Corrupt, "{sql}");
        let source = failure.source().unwrap().downcast_ref::<DecodeError>().unwrap();
        assert!(source.to_string().starts_with(&format!("column {column} ")), "{sql}: {source}");
        for repair in ["UPDATE userbook_user SET version = 0", "UPDATE userbook_epoch SET value = 0"] {
            sqlx::query(repair).execute(database.pool()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn unreadable_event_is_corrupt() {
    let database = prepared().await;
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    sqlx::query("UPDATE userbook_event SET body = '{}'").execute(database.pool()).await.unwrap();
    assert_eq!(database.store.pending(NINE).await.unwrap_err().kind, StoreErrorKind::Corrupt);
}
