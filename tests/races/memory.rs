//! Races on the memory store.

use userbook::{Timestamp, UserId, store::SessionStore};
use userbook_memory::MemoryStore;
use userbook_tests::races::Ground;

struct Memory(MemoryStore);

impl Ground for Memory {
    type Store = MemoryStore;

    const EVENTS_IN_COMMIT_ORDER: bool = true;

    async fn open() -> Self {
        Self(MemoryStore::new())
    }

    fn store(&self) -> &MemoryStore {
        &self.0
    }

    async fn record_login(&self, user: UserId, time: Timestamp) {
        assert!(self.0.record_login(user.into(), time).await.expect("is not poisoned"));
    }
}

userbook_tests::races!(Memory);
