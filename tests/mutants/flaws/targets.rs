//! Targets that are missing, or addressed by their UUID.

use userbook::{
    UserRef,
    store::{Snapshot, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::flaws;

flaws! {
    /// Joins everything with the target's row: without the row there is nothing.
    NeedsATarget {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if facts.user.is_none() {
                *facts = Snapshot { epochs: facts.epochs, ..Snapshot::default() };
            }
        }
    }

    /// Knows users by their id only.
    IgnoresUuids {
        async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            facts.user.take_if(|_| matches!(query.target, Some(UserRef::Uuid(_))));
        }
    }

    /// Compares the name of a user who was found by UUID with the user's own.
    TakesTheOwnNameForTaken {
        async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let by_uuid = matches!(query.target, Some(UserRef::Uuid(_)));
            facts.username_taken |= by_uuid && facts.user.as_ref().map(|user| &user.username) == query.username.as_ref();
        }
    }
}
