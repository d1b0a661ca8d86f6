//! The laws of stores, on the reference store.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use userbook::{
    Timestamp, UserId,
    store::{ImportData, ImportStore, SessionStore},
};
use userbook_conformance::{Harness, Task};
use userbook_memory::MemoryStore;

struct Memory(Arc<MemoryStore>);

impl Harness for Memory {
    type Store = MemoryStore;

    async fn with(rows: &ImportData) -> Self {
        let store = MemoryStore::new();
        store.import(rows).await.unwrap();
        Self(Arc::new(store))
    }

    fn store(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.0)
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        assert!(self.0.record_login(user.into(), last_login).await.unwrap());
        assert!(self.0.write_password_change_date(user, password_change_date).unwrap());
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.unwrap() })
    }
}

mod users {
    userbook_conformance::store_conformance!(super::Memory, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod provisioning {
    userbook_conformance::provisioning_conformance!(super::Memory, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod session {
    userbook_conformance::session_conformance!(super::Memory, #[tokio::test]);
}

mod batch {
    userbook_conformance::batch_conformance!(super::Memory, #[tokio::test]);
}

mod import {
    userbook_conformance::import_conformance!(super::Memory, #[tokio::test]);
}

mod lists {
    userbook_conformance::list_conformance!(super::Memory, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}
