//! Steps that should be atomic and are not.

use std::{collections::BTreeSet, sync::Mutex};

use async_trait::async_trait;
use userbook::{
    UserStore,
    event::Event,
    model::ChangeId,
    store::{ChangeSet, CommitOutcome, Outbox, OutboxLimit, Snapshot, SnapshotQuery, StoreError},
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::{Mutation, pause};

/// Writes the event after the transaction: a dropped future leaves a changed row without an event.
#[derive(Debug, Default)]
pub(crate) struct WritesTheEventLater {
    unwritten: Mutex<BTreeSet<ChangeId>>,
}

#[async_trait]
impl Mutation for WritesTheEventLater {
    async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
        let unwritten = self.unwritten.lock().expect("no panic");
        facts.change_committed &= query.change.is_some_and(|change| !unwritten.contains(&change));
    }

    async fn after_commit(&self, _: &MemoryStore, change: &ChangeSet, outcome: &mut CommitOutcome) {
        if *outcome == CommitOutcome::Applied {
            self.unwritten.lock().expect("no panic").insert(change.change);
            pause().await;
            self.unwritten.lock().expect("no panic").remove(&change.change);
        }
    }

    async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        let mut events = store.pending(limit).await?;
        events.retain(|event| !self.unwritten.lock().expect("no panic").contains(&event.id));
        Ok(events)
    }
}

/// Writes the event before the transaction: the event stays after a rejected change.
#[derive(Debug, Default)]
pub(crate) struct WritesTheEventBefore {
    refused: Mutex<Vec<Event>>,
}

#[async_trait]
impl Mutation for WritesTheEventBefore {
    async fn after_commit(&self, _: &MemoryStore, change: &ChangeSet, outcome: &mut CommitOutcome) {
        if *outcome != CommitOutcome::Applied {
            self.refused.lock().expect("no panic").push((*change.event).clone());
        }
    }

    async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        let mut events = store.pending(limit).await?;
        events.extend(self.refused.lock().expect("no panic").iter().cloned());
        Ok(events)
    }
}

mutations! {
    /// Writes no event.
    DropsTheEvent {
        async fn pending(&self, _: &MemoryStore, _: OutboxLimit) -> Result<Vec<Event>, StoreError> {
            Ok(vec![])
        }
    }

    /// Reads memberships in another transaction than the row.
    LoadsInTwoSteps {
        async fn after_load(&self, store: &MemoryStore, query: &SnapshotQuery, found: &mut Snapshot) {
            pause().await;
            let later = store.load(query).await.expect("memory does not fail");
            if let (Some(user), Some(later)) = (&mut found.user, later.user) {
                user.groups = later.groups;
            }
            found.groups = later.groups;
        }

        /// Yields like a database, so that other tasks can run between the two reads.
        async fn before_commit(&self, _: &MemoryStore, _: &mut ChangeSet) -> Option<CommitOutcome> {
            pause().await;
            None
        }
    }

    /// Uses the row's revision to decide whether a change was committed.
    ForgetsCommittedChanges {
        async fn after_load(&self, _: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let revision = facts.user.as_ref().map(|user| user.revision);
            facts.change_committed &= query.change.map(Into::into) == revision;
        }
    }

    /// Deletes acknowledged events, so that later loads cannot find the committed change.
    DeletesAcknowledgedEvents {
        async fn ack(&self, store: &MemoryStore, ids: &[ChangeId]) -> Result<(), StoreError> {
            store.ack(ids).await?;
            store.prune_before(userbook::Timestamp::MAX_UTC).await?;
            Ok(())
        }
    }
}
