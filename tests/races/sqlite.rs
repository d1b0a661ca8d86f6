//! Races on SQLite, in a file with several connections.

use sqlx::sqlite::{SqlitePoolOptions, SqliteSynchronous};
use tempfile::TempDir;
use userbook::{Timestamp, UserId};
use userbook_sqlx::sqlite::{SqliteStore, connect, connect_options};
use userbook_tests::races::Ground;

struct Sqlite {
    store: SqliteStore,
    _folder: TempDir,
}

impl Ground for Sqlite {
    type Store = SqliteStore;

    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("makes a folder");
        let file = format!("sqlite://{}", folder.path().join("users.db").display());
        // These tests do not cover durability.
        let options = connect_options(&file).expect("is an address").synchronous(SqliteSynchronous::Off);
        let pool = connect(SqlitePoolOptions::new().max_connections(8), options).await.expect("connects");
        let store = SqliteStore::new(pool);
        store.migrate().await.expect("migrates");
        Self { store, _folder: folder }
    }

    fn store(&self) -> &SqliteStore {
        &self.store
    }

    async fn record_login(&self, user: UserId, time: Timestamp) {
        let written = sqlx::query("UPDATE userbook_user SET last_login = ? WHERE id = ?")
            .bind(time.timestamp_micros())
            .bind(user.0)
            .execute(self.store.pool())
            .await
            .expect("writes");
        assert_eq!(written.rows_affected(), 1);
    }
}

userbook_tests::races!(Sqlite);
userbook_tests::sql_transactions!(Sqlite, "DROP TABLE userbook_event");
