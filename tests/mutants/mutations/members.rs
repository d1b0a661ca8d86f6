//! Member changes of group writes, applied wrongly.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use userbook::{
    Revision, UserId, UserStore,
    event::Event,
    model::ChangeId,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, FieldChanges, Guards, MemberChange, MemberQuery, Outbox,
        OutboxLimit, ProvisioningChange, ProvisioningOp, Snapshot, SnapshotQuery, StoreError,
    },
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

use super::mutations;
use crate::store::{Mutation, directory, pause, row};

/// Writes memberships and events, but not the rows of users.
#[derive(Debug, Default)]
pub(crate) struct WritesNoMemberRows {
    /// The unchanged revision and version of the rows.
    old: Mutex<HashMap<UserId, (Revision, u64)>>,
}

#[async_trait]
impl Mutation for WritesNoMemberRows {
    async fn after_provision(&self, change: &ProvisioningChange, outcome: &CommitOutcome) {
        if *outcome == CommitOutcome::Applied {
            let rows =
                change.members.iter().map(|member| (member.user, (member.expected, member.version - 1)));
            self.old.lock().expect("no panic").extend(rows);
        }
    }

    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(user) = &mut facts.user
            && let Some((revision, version)) = self.old.lock().expect("no panic").get(&user.id)
        {
            (user.revision, user.version) = (*revision, *version);
        }
    }
}

/// Writes the event of the group, but not the events of its members.
#[derive(Debug, Default)]
pub(crate) struct WritesNoMemberEvents {
    unwritten: Mutex<HashSet<ChangeId>>,
}

#[async_trait]
impl Mutation for WritesNoMemberEvents {
    async fn before_provision(&self, _: &MemoryStore, change: &mut ProvisioningChange) {
        self.unwritten.lock().expect("no panic").extend(change.members.iter().map(|member| member.event.id));
    }

    async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        without(store, limit, &self.unwritten).await
    }
}

/// Writes the events of members after the transaction.
#[derive(Debug, Default)]
pub(crate) struct WritesMemberEventsLater {
    unwritten: Mutex<HashSet<ChangeId>>,
}

#[async_trait]
impl Mutation for WritesMemberEventsLater {
    async fn after_provision(&self, change: &ProvisioningChange, outcome: &CommitOutcome) {
        if *outcome == CommitOutcome::Applied {
            let ids: Vec<_> = change.members.iter().map(|member| member.event.id).collect();
            self.unwritten.lock().expect("no panic").extend(&ids);
            pause().await;
            self.unwritten.lock().expect("no panic").retain(|id| !ids.contains(id));
        }
    }

    async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        without(store, limit, &self.unwritten).await
    }
}

async fn without(
    store: &MemoryStore,
    limit: OutboxLimit,
    unwritten: &Mutex<HashSet<ChangeId>>,
) -> Result<Vec<Event>, StoreError> {
    let mut events = store.pending(limit).await?;
    events.retain(|event| !unwritten.lock().expect("no panic").contains(&event.id));
    Ok(events)
}

/// Returns the members of the group of a change.
async fn members(store: &MemoryStore, change: &ProvisioningChange) -> HashMap<UserId, (Revision, u64)> {
    let members = Some(MemberQuery { of: change.op.group(), users: [].into(), limit: u32::MAX });
    let found = directory(store, &DirectoryQuery { members, ..DirectoryQuery::default() }).await.members;
    found.into_iter().map(|(id, state)| (id, (state.revision, state.version))).collect()
}

mutations! {
    /// Writes the memberships before the group, so that memberships of a new group are lost.
    WritesMembershipsBeforeTheGroup {
        async fn before_provision(&self, store: &MemoryStore, change: &mut ProvisioningChange) {
            let Some(group) = change.op.group() else { return };
            let query = DirectoryQuery { groups: [group].into(), ..DirectoryQuery::default() };
            if !directory(store, &query).await.groups.contains(group) {
                change.members.iter_mut().for_each(|member| member.joins = false);
            }
        }
    }

    /// Skips users whose membership does not change.
    SkipsUnchangedMemberships {
        async fn before_provision(&self, store: &MemoryStore, change: &mut ProvisioningChange) {
            let members = members(store, change).await;
            change.members.retain(|member| member.joins != members.contains_key(&member.user));
        }
    }

    /// Writes the rows of members at any revision.
    IgnoresMemberRevisions {
        async fn before_provision(&self, store: &MemoryStore, change: &mut ProvisioningChange) {
            for member in &mut change.members {
                if let Some(user) = row(store, member.user).await {
                    member.expected = user.revision;
                }
            }
        }
    }

    /// `ON DELETE CASCADE`: removes members that the change does not name.
    CascadesOverMembers {
        async fn before_provision(&self, store: &MemoryStore, change: &mut ProvisioningChange) {
            if !matches!(change.op, ProvisioningOp::DeleteGroup(_)) {
                return;
            }
            for (user, (expected, version)) in members(store, change).await {
                if change.members.iter().all(|member| member.user != user || member.joins) {
                    change.members.retain(|member| member.user != user);
                    let id = ChangeId(Uuid::from_u128(u128::from(user.0.unsigned_abs())));
                    let event = Arc::new(Event { id, ..(*change.event).clone() });
                    change.members.push(MemberChange { user, expected, change: id, version, joins: false, event });
                }
            }
        }
    }

    /// Writes the members in a transaction before the transaction of the group.
    WritesMembersFirst {
        async fn before_provision(&self, store: &MemoryStore, change: &mut ProvisioningChange) {
            let Some(group) = change.op.group() else { return };
            for member in std::mem::take(&mut change.members) {
                let [added, removed] = if member.joins { [vec![group], vec![]] } else { [vec![], vec![group]] };
                let update = ChangeSet {
                    user: member.user,
                    expected: member.expected,
                    change: member.change,
                    version: member.version,
                    fields: FieldChanges::default(),
                    groups_added: added.into_iter().collect(),
                    groups_removed: removed.into_iter().collect(),
                    guards: Guards::default(),
                    event: member.event,
                };
                store.commit(&update).await.expect("memory does not fail");
            }
        }
    }

    /// Compares the actor's row after writing the rows of the members.
    ComparesTheActorTooLate {
        async fn before_provision(&self, _: &MemoryStore, change: &mut ProvisioningChange) {
            if let Some(actor) = &mut change.guards.actor
                && change.members.iter().any(|member| member.user == actor.user)
            {
                actor.revision = Revision(Uuid::nil());
            }
        }
    }

    /// Binds only as many members as one statement accepts.
    CutsManyMembers {
        async fn before_provision(&self, _: &MemoryStore, change: &mut ProvisioningChange) {
            change.members.truncate(999);
        }
    }
}
