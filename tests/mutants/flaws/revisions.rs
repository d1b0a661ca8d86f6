//! The compare-and-set, broken.

use userbook::{
    UserStore,
    store::{ChangeSet, CommitOutcome, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::flaws;
use crate::store::{pause, row};

/// The revision to be expected so that nothing is compared.
async fn expect_what_is_there(store: &MemoryStore, change: &mut ChangeSet) {
    if let Some(user) = row(store, change.user).await {
        change.expected = user.revision;
    }
}

flaws! {
    /// Writes whatever revision the row has.
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

    /// `UPDATE … WHERE revision = ?` touched no row: a conflict, although the row may be gone.
    CallsGoneAConflict {
        async fn after_commit(&self, _: &MemoryStore, _: &ChangeSet, outcome: &mut CommitOutcome) {
            if *outcome == CommitOutcome::Gone {
                *outcome = CommitOutcome::Conflict;
            }
        }
    }

    /// Takes a change that comes again for the first one.
    AppliesTheSameAgain {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let query = SnapshotQuery { change: Some(change.change), ..SnapshotQuery::user(change.user) };
            let facts = store.load(&query).await.expect("memory does not fail");
            facts.change_committed.then_some(CommitOutcome::Applied)
        }
    }

    /// Writes nothing where no column and no membership changes, not even the revision.
    SkipsEmptyChanges {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let moves = !change.groups_added.is_empty() || !change.groups_removed.is_empty();
            (change.fields.is_empty() && !moves).then_some(CommitOutcome::Applied)
        }
    }
}
