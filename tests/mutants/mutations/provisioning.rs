//! Users and groups that are created or deleted wrongly, and wrong imports.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use userbook::{
    Group, Timestamp, UserStore,
    event::{Event, EventActor, EventKind, EventTarget},
    model::ChangeId,
    store::{
        CommitOutcome, DirectoryQuery, DirectorySnapshot, Guards, ImportData, ImportOutcome, ImportStore,
        ProvisioningChange, ProvisioningOp, ProvisioningStore, Snapshot, SnapshotQuery, StoreError,
    },
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::{Mutation, epochs, row};

/// `MAX(id) + 1`: reuses the id of the user who was deleted last.
#[derive(Debug, Default)]
pub(crate) struct ReusesIds {
    /// The id after that of the user who was deleted last.
    after: AtomicU64,
}

#[async_trait]
impl Mutation for ReusesIds {
    async fn after_load_directory(
        &self,
        _: &MemoryStore,
        _: &DirectoryQuery,
        directory: &mut DirectorySnapshot,
    ) {
        if directory.epochs.next_user == self.after.load(Ordering::SeqCst) {
            directory.epochs.next_user -= 1;
        }
    }

    async fn after_provision(&self, provision: &ProvisioningChange, outcome: &CommitOutcome) {
        if let (ProvisioningOp::DeleteUser { user, .. }, CommitOutcome::Applied) = (&provision.op, outcome) {
            self.after.store(user.0.unsigned_abs() + 1, Ordering::SeqCst);
        }
    }
}

/// Writes the memberships of every inserted user like those of an active person.
#[derive(Debug, Default)]
pub(crate) struct InsertsPersons {
    inserted: AtomicBool,
}

#[async_trait]
impl Mutation for InsertsPersons {
    async fn after_provision(&self, change: &ProvisioningChange, _: &CommitOutcome) {
        let inserts = matches!(change.op, ProvisioningOp::InsertUser(_));
        self.inserted.fetch_or(inserts, Ordering::SeqCst);
    }

    async fn after_load_directory(
        &self,
        _: &MemoryStore,
        query: &DirectoryQuery,
        facts: &mut DirectorySnapshot,
    ) {
        facts.superusers.person |= query.superusers.is_some() && self.inserted.load(Ordering::SeqCst);
    }
}

/// Returns a change that puts a group without guards.
fn putting(group: &Group) -> ProvisioningChange {
    let event = Event {
        id: ChangeId(group.id.0),
        kind: EventKind::GroupPut,
        target: EventTarget::Group(group.id),
        target_uuid: group.id.0,
        version: 0,
        time: Timestamp::UNIX_EPOCH,
        actor: EventActor::System,
        impersonator: None,
        request_id: None,
        diff: [].into(),
        effects: vec![],
    };
    ProvisioningChange {
        op: ProvisioningOp::PutGroup(Box::new(group.clone())),
        members: vec![],
        has_reserved_id: false,
        sets_external_ids: false,
        guards: Guards::default(),
        event: event.into(),
    }
}

mutations! {
    /// `DELETE FROM users WHERE id = ?`, at any revision.
    DeletesAnyRevision {
        async fn before_provision(&self, store: &MemoryStore, provision: &mut ProvisioningChange) {
            if let ProvisioningOp::DeleteUser { user, expected } = &mut provision.op
                && let Some(user) = row(store, *user).await
            {
                *expected = user.revision;
            }
        }
    }

    /// Enforces guards for updates only.
    ProvisionsUnguarded {
        async fn before_provision(&self, store: &MemoryStore, provision: &mut ProvisioningChange) {
            if let Some(guard) = &mut provision.guards.graph {
                guard.expected = epochs(store).await.graph;
            }
        }
    }

    /// Puts every group at the top level.
    ForgetsParents {
        async fn before_provision(&self, _: &MemoryStore, provision: &mut ProvisioningChange) {
            if let ProvisioningOp::PutGroup(group) = &mut provision.op {
                group.parent = None;
            }
        }
    }

    /// Has no unique index on UUIDs.
    ReusesUuids {
        async fn before_provision(&self, store: &MemoryStore, provision: &mut ProvisioningChange) {
            if let ProvisioningOp::InsertUser(user) = &mut provision.op {
                let query = SnapshotQuery { target: Some(user.uuid.into()), ..SnapshotQuery::default() };
                if store.load(&query).await.expect("memory does not fail").user.is_some() {
                    user.uuid = provision.event.id.0;
                }
            }
        }
    }

    /// Imports two users with one UUID.
    ImportsTwins {
        async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
            let mut rows = rows.clone();
            for (n, user) in rows.users.iter_mut().enumerate() {
                user.uuid = uuid::Uuid::from_u128(n as u128);
            }
            store.import(&rows).await
        }
    }

    /// Reports an import that it did not make.
    ClaimsToHaveImported {
        async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
            store.import(rows).await?;
            Ok(ImportOutcome::Imported)
        }
    }

    /// Rejects the users after it has stored the groups.
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

    /// Does not advance the counters of the graph and of superusers after an import.
    ImportsWithoutMovingCounters {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            (facts.epochs.graph, facts.epochs.superusers) = (0, 0);
        }
    }

    /// Does not advance the id counter after an import.
    ImportsWithoutMovingIds {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            facts.epochs.next_user = 1;
        }
    }
}
