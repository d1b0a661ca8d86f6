//! Guards that are not enforced.

use userbook::store::{ChangeSet, CommitOutcome, EpochGuard, EpochUse};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::{epochs, pause, row};

/// Returns a guard that expects the current value.
fn met(guard: Option<EpochGuard>, there: u64) -> Option<EpochGuard> {
    guard.map(|guard| EpochGuard { expected: there, ..guard })
}

mutations! {
    /// Does not compare the counter of group writes.
    IgnoresGraphGuard {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.guards.graph = met(change.guards.graph, epochs(store).await.graph);
            None
        }
    }

    /// Does not compare the counter of superusers.
    IgnoresSuperusersGuard {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let there = epochs(store).await.superusers;
            change.guards.superusers = met(change.guards.superusers, there);
            None
        }
    }

    /// Compares the counters in one step and increments them in another.
    ChecksCountersThenWrites {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let before = epochs(store).await;
            pause().await;
            let after = epochs(store).await;
            let stands = |guard: Option<EpochGuard>, there| guard.is_none_or(|guard| guard.expected == there);
            if stands(change.guards.graph, before.graph) && stands(change.guards.superusers, before.superusers) {
                change.guards.graph = met(change.guards.graph, after.graph);
                change.guards.superusers = met(change.guards.superusers, after.superusers);
            }
            None
        }
    }

    /// Compares a counter of a changing operation without incrementing it.
    ForgetsToCount {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            for guard in [&mut change.guards.graph, &mut change.guards.superusers].into_iter().flatten() {
                guard.usage = EpochUse::Read;
            }
            None
        }
    }

    /// Increments a counter on every write, so that all writers wait for one row.
    CountsEveryWrite {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let there = epochs(store).await.superusers;
            change.guards.superusers.get_or_insert(EpochGuard::bump(there));
            None
        }
    }

    /// Does not compare the actor's revision.
    IgnoresActorGuard {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.guards.actor = None;
            None
        }
    }

    /// Compares the actor's revision without a lock, and writes later.
    ChecksActorThenWrites {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let guard = change.guards.actor?;
            let stands = row(store, guard.user).await.is_some_and(|actor| actor.revision == guard.revision);
            pause().await;
            if stands {
                change.guards.actor = None;
            }
            None
        }
    }
}
