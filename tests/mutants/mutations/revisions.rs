//! A broken compare-and-set.

use userbook::{
    UserStore,
    store::{ChangeSet, CommitOutcome, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::{pause, row};

/// Sets the expected revision to the current one, which disables the comparison.
async fn expect_what_is_there(store: &MemoryStore, change: &mut ChangeSet) {
    if let Some(user) = row(store, change.user).await {
        change.expected = user.revision;
    }
}

mutations! {
    /// Writes at any revision.
    IgnoresRevision {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            expect_what_is_there(store, change).await;
            None
        }
    }

    /// Compares in one step and writes in another.
    ChecksThenWrites {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let stands = row(store, change.user).await?.revision == change.expected;
            pause().await;
            if stands {
                expect_what_is_there(store, change).await;
            }
            None
        }
    }

    /// Reports a conflict if `UPDATE … WHERE revision = ?` changed no row, although the row may be deleted.
    CallsGoneAConflict {
        async fn after_commit(&self, _: &MemoryStore, _: &ChangeSet, outcome: &mut CommitOutcome) {
            if *outcome == CommitOutcome::Gone {
                *outcome = CommitOutcome::Conflict;
            }
        }
    }

    /// Treats a repeated change as the first one.
    AppliesTheSameAgain {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let query = SnapshotQuery { change: Some(change.change), ..SnapshotQuery::user(change.user) };
            let facts = store.load(&query).await.expect("memory does not fail");
            facts.change_committed.then_some(CommitOutcome::Applied)
        }
    }

    /// Writes nothing, not even the revision, if no column and no membership changes.
    SkipsEmptyChanges {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let moves = !change.groups_added.is_empty() || !change.groups_removed.is_empty();
            (change.fields.is_empty() && !moves).then_some(CommitOutcome::Applied)
        }
    }
}
