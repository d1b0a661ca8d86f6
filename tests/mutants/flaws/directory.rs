//! Users and groups, made and unmade wrongly; and imports.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use userbook::{
    ChangeId, CommitOutcome, DirectoryQuery, DirectorySnapshot, Event, EventActor, EventKind, EventTarget,
    Group, Guards, ImportData, ImportOutcome, ImportStore, ProvisioningChange, ProvisioningOp,
    ProvisioningStore, Snapshot, SnapshotQuery, StoreError, Timestamp,
};
use userbook_memory::MemoryStore;

use super::flaws;
use crate::store::{Flaw, facts};

/// `MAX(id) + 1`: the id of a user who was deleted last is given again.
#[derive(Debug, Default)]
pub(crate) struct GivesIdsAgain {
    /// The id after that of the user who was deleted last.
    after: AtomicU64,
}

#[async_trait]
impl Flaw for GivesIdsAgain {
    async fn after_load_directory(&self, _: &DirectoryQuery, directory: &mut DirectorySnapshot) {
        if directory.epochs.next_user == self.after.load(Ordering::SeqCst) {
            directory.epochs.next_user -= 1;
        }
    }

    async fn after_provision(&self, provision: &ProvisioningChange, outcome: &CommitOutcome) {
        if let (ProvisioningOp::DeleteUser { user, .. }, CommitOutcome::Applied) = (&provision.step, outcome)
        {
            self.after.store(user.0.unsigned_abs() + 1, Ordering::SeqCst);
        }
    }
}

/// A group, made whatever else is there.
fn putting(group: &Group) -> ProvisioningChange {
    let event = Event {
        id: ChangeId(group.id.0),
        kind: EventKind::GroupPut,
        target: EventTarget::Group(group.id),
        version: 0,
        time: Timestamp::UNIX_EPOCH,
        actor: EventActor::System,
        impersonator: None,
        request_id: None,
        diff: [].into(),
        effects: vec![],
    };
    ProvisioningChange {
        step: ProvisioningOp::PutGroup(Box::new(group.clone())),
        guards: Guards::default(),
        event,
    }
}

flaws! {
    /// `DELETE FROM users WHERE id = ?`, whatever the revision.
    DeletesAnyRevision {
        async fn before_provision(&self, store: &MemoryStore, provision: &mut ProvisioningChange) {
            if let ProvisioningOp::DeleteUser { user, expected } = &mut provision.step
                && let Some(facts) = facts(store, *user).await
            {
                *expected = facts.user.revision;
            }
        }
    }

    /// Holds guards for updates only.
    ProvisionsUnguarded {
        async fn before_provision(&self, store: &MemoryStore, provision: &mut ProvisioningChange) {
            let there = store.load_directory(&DirectoryQuery::default()).await.expect("memory does not fail").epochs;
            if let Some(guard) = &mut provision.guards.graph {
                guard.expected = there.graph;
            }
        }
    }

    /// Puts every group at the top.
    ForgetsParents {
        async fn before_provision(&self, _: &MemoryStore, provision: &mut ProvisioningChange) {
            if let ProvisioningOp::PutGroup(group) = &mut provision.step {
                group.parent = None;
            }
        }
    }

    /// Says that it has taken rows which it has not.
    ClaimsToHaveImported {
        async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
            store.import(rows).await?;
            Ok(ImportOutcome::Imported)
        }
    }

    /// Refuses users, and has taken the groups.
    ImportsHalfIntoNonEmpty {
        async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
            let outcome = store.import(rows).await?;
            if outcome == ImportOutcome::NotEmpty {
                for group in &rows.groups {
                    store.provision(&putting(group)).await?;
                }
            }
            Ok(outcome)
        }
    }

    /// The counter of ids is not moved by an import.
    ImportsWithoutMovingIds {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            facts.epochs.next_user = 1;
        }
    }
}
