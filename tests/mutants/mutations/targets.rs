//! Missing targets, and targets addressed by UUID.

use userbook::{
    UserRef,
    store::{Snapshot, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::mutations;

mutations! {
    /// Joins everything with the target's row, so that a missing row hides all facts.
    NeedsATarget {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if facts.user.is_none() {
                *facts = Snapshot { epochs: facts.epochs, ..Snapshot::default() };
            }
        }
    }

    /// Finds users by id only.
    IgnoresUuids {
        async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            facts.user.take_if(|_| matches!(query.target, Some(UserRef::Uuid(_))));
        }
    }

    /// Counts the own name of a user found by UUID as taken.
    CountsOwnNameAsTaken {
        async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let by_uuid = matches!(query.target, Some(UserRef::Uuid(_)));
            facts.username_taken |= by_uuid && facts.user.as_ref().map(|user| &user.username) == query.username.as_ref();
        }
    }
}
