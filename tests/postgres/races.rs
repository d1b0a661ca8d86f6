//! The races of `userbook_tests::races`, with fewer rounds, because each attempt takes round trips.

use userbook::{Timestamp, UserId};
use userbook_sqlx::PostgresStore;
use userbook_tests::{races::Ground, servers::postgres::Database};

struct Postgres {
    database: Database,
    store: PostgresStore,
}

impl Ground for Postgres {
    type Store = PostgresStore;

    const ROUNDS: u32 = 100;

    async fn open() -> Self {
        let database = Database::new().await;
        Self { store: database.store.as_ref().clone(), database }
    }

    fn store(&self) -> &PostgresStore {
        &self.store
    }

    async fn record_login(&self, user: UserId, time: Timestamp) {
        let sql = "UPDATE userbook_user SET last_login = $2 WHERE id = $1";
        let written = sqlx::query(sql).bind(user.0).bind(time).execute(self.database.pool()).await.unwrap();
        assert_eq!(written.rows_affected(), 1);
    }
}

userbook_tests::races!(Postgres);
userbook_tests::sql_transactions!(Postgres, "DROP TABLE userbook_event");
