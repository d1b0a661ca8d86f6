//! Whether somebody else has power, told wrongly.

use std::sync::{Mutex, OnceLock};

use async_trait::async_trait;
use userbook::{ImportData, ImportOutcome, ImportStore, Snapshot, SnapshotQuery, StoreError, UserId};
use userbook_memory::MemoryStore;

use super::flaws;
use crate::store::{Flaw, facts};

/// Counts members, whether they are active or not.
#[derive(Debug, Default)]
pub(crate) struct CountsInactiveSuperusers {
    users: Mutex<Vec<UserId>>,
}

#[async_trait]
impl Flaw for CountsInactiveSuperusers {
    async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        self.users.lock().expect("no panic").extend(rows.users.iter().map(|user| user.id));
        store.import(rows).await
    }

    async fn after_load(&self, store: &MemoryStore, query: &SnapshotQuery, found: &mut Snapshot) {
        let Some(answer) = &mut found.other_active_superuser else { return };
        let users = self.users.lock().expect("no panic").clone();
        for user in users.into_iter().filter(|user| *user != query.user) {
            *answer |= facts(store, user).await.is_some_and(|facts| facts.is_superuser());
        }
    }
}

/// Remembers who has power, and does not notice when that changes.
#[derive(Debug, Default)]
pub(crate) struct RemembersPower {
    answer: OnceLock<bool>,
}

#[async_trait]
impl Flaw for RemembersPower {
    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(answer) = &mut facts.other_active_superuser {
            *answer = *self.answer.get_or_init(|| *answer);
        }
    }
}

flaws! {
    /// Always finds somebody.
    AlwaysFindsPower {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            facts.other_active_superuser = facts.other_active_superuser.map(|_| true);
        }
    }

    /// Counts the user among those who are left.
    CountsTheUserToo {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            let own = facts.user.is_active && facts.is_superuser();
            facts.other_active_superuser = facts.other_active_superuser.map(|others| others || own);
        }
    }

    /// Answers although nobody asked.
    AnswersUnasked {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            facts.other_active_superuser.get_or_insert(false);
        }
    }
}
