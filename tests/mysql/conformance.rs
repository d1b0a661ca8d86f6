//! The laws of stores, on MariaDB.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use userbook::{Import, SeedStore, Timestamp, UserId};
use userbook_conformance::{Harness, Task};
use userbook_sqlx::MySqlStore;
use userbook_tests::servers::mariadb::Database;

struct MariaDb {
    store: Arc<MySqlStore>,
    _database: Database,
}

impl Harness for MariaDb {
    type Store = MySqlStore;

    async fn with(rows: &Import) -> Self {
        let database = Database::new().await;
        let store = MySqlStore::new(database.pool(16).await);
        store.migrate().await.unwrap();
        store.import(rows).await.unwrap();
        Self { store: Arc::new(store), _database: database }
    }

    fn store(&self) -> Arc<MySqlStore> {
        Arc::clone(&self.store)
    }

    async fn write_behind(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let sql = "UPDATE userbook_user SET last_login = ?, password_change_date = ? WHERE id = ?";
        sqlx::query(sql)
            .bind(last_login.naive_utc())
            .bind(password_change_date.naive_utc())
            .bind(user.0)
            .execute(self.store.pool())
            .await
            .unwrap();
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.unwrap() })
    }
}

mod users {
    userbook_conformance::store_conformance!(super::MariaDb, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod directory {
    userbook_conformance::directory_conformance!(super::MariaDb, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod seed {
    userbook_conformance::seed_conformance!(super::MariaDb, #[tokio::test]);
}
