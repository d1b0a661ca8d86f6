//! The laws of stores.

use std::sync::Arc;

use userbook::{Timestamp, UserId, store::ImportData};
use userbook_conformance::{Harness, Task};
use userbook_sqlx::SqliteStore;

use crate::database::Database;

impl Harness for Database {
    type Store = SqliteStore;

    async fn with(rows: &ImportData) -> Self {
        Self::with(rows).await
    }

    fn store(&self) -> Arc<SqliteStore> {
        Arc::clone(&self.store)
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let sql = "UPDATE userbook_user SET last_login = ?2, password_change_date = ?3 WHERE id = ?1";
        sqlx::query(sql)
            .bind(user.0)
            .bind(last_login.timestamp_micros())
            .bind(password_change_date.timestamp_micros())
            .execute(self.pool())
            .await
            .unwrap();
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.unwrap() })
    }
}

mod users {
    use crate::database::Database;
    userbook_conformance::store_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod provisioning {
    use crate::database::Database;
    userbook_conformance::provisioning_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod session {
    use crate::database::Database;
    userbook_conformance::session_conformance!(Database, #[tokio::test]);
}

mod batch {
    use crate::database::Database;
    userbook_conformance::batch_conformance!(Database, #[tokio::test]);
}

mod import {
    use crate::database::Database;
    userbook_conformance::import_conformance!(Database, #[tokio::test]);
}

mod lists {
    use crate::database::Database;
    userbook_conformance::list_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}
