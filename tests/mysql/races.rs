//! The races of `userbook_tests::races`, with fewer rounds, because each attempt takes several round trips.

use userbook::{Timestamp, UserId};
use userbook_sqlx::MySqlStore;
use userbook_tests::{races::Ground, servers::mariadb::Database};

struct MariaDb {
    database: Database,
    store: MySqlStore,
}

impl Ground for MariaDb {
    type Store = MySqlStore;

    const ROUNDS: u32 = 100;
    const MERGE_ROUNDS: u32 = 10;

    async fn open() -> Self {
        let database = Database::new().await;
        Self { store: database.store.as_ref().clone(), database }
    }

    fn store(&self) -> &MySqlStore {
        &self.store
    }

    async fn record_login(&self, user: UserId, time: Timestamp) {
        let sql = "UPDATE userbook_user SET last_login = ? WHERE id = ?";
        let query = sqlx::query(sql).bind(time.naive_utc()).bind(user.0);
        let written = query.execute(self.database.pool()).await.unwrap();
        assert_eq!(written.rows_affected(), 1);
    }
}

userbook_tests::races!(MariaDb);
userbook_tests::sql_transactions!(MariaDb, "KILL CONNECTION_ID()");
