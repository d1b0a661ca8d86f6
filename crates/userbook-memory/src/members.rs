//! Member changes of a group write.

use std::{collections::BTreeSet, sync::Arc};

use userbook::{
    GroupId, UserId,
    model::ChangeId,
    store::{CommitOutcome, MemberChange, ProvisioningChange},
};

use crate::{MemoryError, can_act::CanAct, state::State};

impl State {
    /// Returns whether each member occurs once and has the expected revision.
    pub(crate) fn check_members(&self, members: &[MemberChange]) -> Option<CommitOutcome> {
        let mut seen: BTreeSet<UserId> = BTreeSet::new();
        let holds = members.iter().all(|member| {
            let user = self.users.get(&member.user);
            user.is_some_and(|user| user.revision == member.expected) && seen.insert(member.user)
        });
        (!holds).then_some(CommitOutcome::Conflict)
    }

    /// Returns whether the ids of all events are new.
    pub(crate) fn check_events(&self, change: &ProvisioningChange) -> Result<(), MemoryError> {
        let mut seen: BTreeSet<ChangeId> = BTreeSet::new();
        let members = change.members.iter().map(|member| member.event.id);
        for id in members.chain([change.event.id]) {
            if self.events.contains(id) || !seen.insert(id) {
                return Err(MemoryError::DuplicateEvent(id));
            }
        }
        Ok(())
    }

    /// Returns whether every member of the group is removed.
    pub(crate) fn all_leave(&self, group: GroupId, members: &[MemberChange]) -> bool {
        let leaving: BTreeSet<UserId> =
            members.iter().filter(|member| !member.joins).map(|member| member.user).collect();
        let joins = members.iter().any(|member| member.joins);
        let node = self.groups.nodes.get(&group);
        !joins && node.is_none_or(|node| node.members.iter().all(|member| leaving.contains(&member)))
    }

    /// Writes rows, memberships and events after all checks.
    pub(crate) fn change_members(
        &mut self,
        group: GroupId,
        members: &[MemberChange],
    ) -> Result<(), MemoryError> {
        for member in members {
            let Some(user) = self.users.get_mut(&member.user) else { continue };
            let user = Arc::make_mut(user);
            user.revision = member.change.into();
            user.version = member.version;
            user.updated_at = member.event.time;
            user.session_epoch = member.event.new_session_epoch().unwrap_or(user.session_epoch);
            let kind = CanAct::of(user);
            if member.joins {
                user.groups.insert(group);
                self.groups.join(member.user, kind, [&group]);
            } else {
                user.groups.remove(&group);
                self.groups.leave(member.user, kind, [&group]);
            }
            self.events.push(Arc::clone(&member.event))?;
        }
        Ok(())
    }
}
