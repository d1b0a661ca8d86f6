//! Users and groups that are created and deleted wrongly; and imports.

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

use super::flaws;
use crate::store::{Flaw, epochs, row};

/// `MAX(id) + 1`: the id of a user who was deleted last is given again.
#[derive(Debug, Default)]
pub(crate) struct GivesIdsAgain {
    /// The id after that of the user who was deleted last.
    after: AtomicU64,
}

#[async_trait]
impl Flaw for GivesIdsAgain {
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

/// Writes the memberships of an inserted user as those of a person who can act.
#[derive(Debug, Default)]
pub(crate) struct InsertsPersons {
    inserted: AtomicBool,
}

#[async_trait]
impl Flaw for InsertsPersons {
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

/// Puts a group without guards.
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
        op: ProvisioningOp::PutGroup(Box::new(group.clone())),
        members: vec![],
        guards: Guards::default(),
        event: event.into(),
    }
}

flaws! {
    /// `DELETE FROM users WHERE id = ?`, whatever the revision.
    DeletesAnyRevision {
        async fn before_provision(&self, store: &MemoryStore, provision: &mut ProvisioningChange) {
            if let ProvisioningOp::DeleteUser { user, expected } = &mut provision.op
                && let Some(user) = row(store, *user).await
            {
                *expected = user.revision;
            }
        }
    }

    /// Holds guards for updates only.
    ProvisionsUnguarded {
        async fn before_provision(&self, store: &MemoryStore, provision: &mut ProvisioningChange) {
            if let Some(guard) = &mut provision.guards.graph {
                guard.expected = epochs(store).await.graph;
            }
        }
    }

    /// Puts every group at the top.
    ForgetsParents {
        async fn before_provision(&self, _: &MemoryStore, provision: &mut ProvisioningChange) {
            if let ProvisioningOp::PutGroup(group) = &mut provision.op {
                group.parent = None;
            }
        }
    }

    /// Has no unique index on UUIDs.
    GivesUuidsAgain {
        async fn before_provision(&self, store: &MemoryStore, provision: &mut ProvisioningChange) {
            if let ProvisioningOp::InsertUser(user) = &mut provision.op {
                let query = SnapshotQuery { target: Some(user.uuid.into()), ..SnapshotQuery::default() };
                if store.load(&query).await.expect("memory does not fail").user.is_some() {
                    user.uuid = provision.event.id.0;
                }
            }
        }
    }

    /// Imports users of one UUID.
    ImportsTwins {
        async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
            let mut rows = rows.clone();
            for (n, user) in rows.users.iter_mut().enumerate() {
                user.uuid = uuid::Uuid::from_u128(n as u128);
            }
            store.import(&rows).await
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
