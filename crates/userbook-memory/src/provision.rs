//! Creates and deletes users and groups: first all checks, then all writes.

use std::sync::Arc;

use userbook::{
    Group, User, UserId,
    model::ExternalIds,
    store::{Claim, CommitOutcome, DistinctNames, FurtherAddresses, ProvisioningChange, ProvisioningOp},
};

use crate::{MemoryError, can_act::CanAct, state::State};

impl State {
    pub(crate) fn provision(&mut self, change: &ProvisioningChange) -> Result<CommitOutcome, MemoryError> {
        if let Some(outcome) = self.check_subject(change) {
            return Ok(outcome);
        }
        if !self.holds(&change.guards) {
            return Ok(CommitOutcome::Conflict);
        }
        if let Some(outcome) = self.check_content(change).or_else(|| self.check_members(&change.members)) {
            return Ok(outcome);
        }
        self.check_events(change)?;
        match &change.op {
            ProvisioningOp::InsertUser(user) => {
                if self.users.contains_key(&user.id) {
                    return Err(MemoryError::DuplicateUser(user.id));
                }
                self.insert_user(Arc::new(User::clone(user)), change.guards.distinct);
                self.epochs.next_user += u64::from(!change.has_reserved_id);
            }
            ProvisioningOp::DeleteUser { user, .. } => self.delete_user(*user),
            ProvisioningOp::PutGroup(group) => {
                self.groups.put(Arc::new(Group::clone(group)));
                self.change_members(group.id, &change.members)?;
            }
            ProvisioningOp::DeleteGroup(id) => {
                self.change_members(*id, &change.members)?;
                self.groups.remove(*id, change.event.time);
            }
        }
        self.bump(&change.guards);
        self.events.push(Arc::clone(&change.event))?;
        Ok(CommitOutcome::Applied)
    }

    pub(crate) fn reserve_user_id(&mut self) -> UserId {
        let next = self.epochs.next_user;
        self.epochs.next_user += 1;
        UserId(i64::try_from(next).unwrap_or(i64::MAX))
    }

    /// Checks that the row to write is in the state on which the change was decided.
    fn check_subject(&self, change: &ProvisioningChange) -> Option<CommitOutcome> {
        match &change.op {
            ProvisioningOp::InsertUser(user) => {
                let is_next = u64::try_from(user.id.0) == Ok(self.epochs.next_user);
                (!change.has_reserved_id && !is_next).then_some(CommitOutcome::Conflict)
            }
            ProvisioningOp::DeleteUser { user, expected } => match self.users.get(user) {
                None => Some(CommitOutcome::Gone),
                Some(user) => (user.revision != *expected).then_some(CommitOutcome::Conflict),
            },
            ProvisioningOp::PutGroup(_) => None,
            ProvisioningOp::DeleteGroup(id) => {
                (!self.groups.nodes.contains_key(id)).then_some(CommitOutcome::Gone)
            }
        }
    }

    /// Checks that the row to write does not contradict other rows.
    fn check_content(&self, change: &ProvisioningChange) -> Option<CommitOutcome> {
        let missing = match &change.op {
            ProvisioningOp::InsertUser(user)
                if self.is_taken(&user.username, None)
                    || self.uuids.contains_key(&user.uuid)
                    || (change.has_reserved_id && self.users.contains_key(&user.id))
                    || self.claims.conflict(user.id, &Claim::of(user, change.guards.distinct)) =>
            {
                return Some(CommitOutcome::Conflict);
            }
            ProvisioningOp::InsertUser(user) => self.groups.missing(&user.groups),
            // A write that did not increment the `graph` counter has taken the name.
            ProvisioningOp::PutGroup(group) if self.groups.is_taken(group.id, &group.name) => {
                return Some(CommitOutcome::Conflict);
            }
            ProvisioningOp::PutGroup(group) => {
                self.groups.missing(group.parent.iter().filter(|parent| **parent != group.id))
            }
            ProvisioningOp::DeleteUser { .. } => return None,
            ProvisioningOp::DeleteGroup(id) => {
                return (!self.all_leave(*id, &change.members)).then_some(CommitOutcome::Conflict);
            }
        };
        let conflict = (!missing.is_empty()).then_some(CommitOutcome::Conflict);
        conflict.or_else(|| match &change.op {
            ProvisioningOp::InsertUser(user) => self.external_ids.reject(&user.external_ids, None),
            ProvisioningOp::PutGroup(group) => {
                self.groups.external_ids.reject(&group.external_ids, Some(group.id))
            }
            ProvisioningOp::DeleteUser { .. } | ProvisioningOp::DeleteGroup(_) => None,
        })
    }

    /// The caller has checked that id, UUID, name and external ids are free, and that the groups exist.
    pub(crate) fn insert_user(&mut self, user: Arc<User>, distinct: DistinctNames) {
        self.claims.put(user.id, Claim::of(&user, distinct).map(Some));
        self.usernames.insert(user.username.clone(), user.id);
        self.uuids.insert(user.uuid, user.id);
        self.external_ids.replace(user.id, &ExternalIds::new(), &user.external_ids);
        let addresses = FurtherAddresses::of(&user.attributes);
        self.further_addresses.replace(user.id, &FurtherAddresses::default(), &addresses);
        self.groups.join(user.id, CanAct::of(&user), &user.groups);
        self.users.insert(user.id, user);
    }

    fn delete_user(&mut self, id: UserId) {
        if let Some(user) = self.users.remove(&id) {
            self.usernames.remove(&user.username);
            self.uuids.remove(&user.uuid);
            self.claims.delete(user.id);
            self.external_ids.replace(id, &user.external_ids, &ExternalIds::new());
            let addresses = FurtherAddresses::of(&user.attributes);
            self.further_addresses.replace(id, &addresses, &FurtherAddresses::default());
            self.groups.leave(id, CanAct::of(&user), &user.groups);
        }
    }
}
