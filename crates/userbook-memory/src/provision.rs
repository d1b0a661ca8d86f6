//! Making and unmaking users and groups: everything is checked, then everything is written.

use std::sync::Arc;

use userbook::{CommitOutcome, Group, GroupId, ProvisioningChange, ProvisioningOp, User, UserId};

use crate::{MemoryError, state::State};

impl State {
    pub(crate) fn provision(&mut self, provision: &ProvisioningChange) -> Result<CommitOutcome, MemoryError> {
        if let Some(refusal) = self.subject_refuses(&provision.step) {
            return Ok(refusal);
        }
        if !self.holds(&provision.guards) {
            return Ok(CommitOutcome::Conflict);
        }
        if let Some(refusal) = self.content_refuses(&provision.step) {
            return Ok(refusal);
        }
        if self.events.contains(provision.event.id) {
            return Err(MemoryError::DuplicateEvent(provision.event.id));
        }
        match &provision.step {
            ProvisioningOp::InsertUser(user) => {
                if self.users.contains_key(&user.id) {
                    return Err(MemoryError::DuplicateUser(user.id));
                }
                self.insert_user(Arc::new(User::clone(user)));
                self.epochs.next_user += 1;
            }
            ProvisioningOp::DeleteUser { user, .. } => self.delete_user(*user),
            ProvisioningOp::PutGroup(group) => self.groups.put(Arc::new(Group::clone(group))),
            ProvisioningOp::DeleteGroup(id) => self.delete_group(*id),
        }
        self.count(&provision.guards);
        self.events.push(Arc::new(provision.event.clone()))?;
        Ok(CommitOutcome::Applied)
    }

    /// Whether that which the step is about is not as it was decided on.
    fn subject_refuses(&self, step: &ProvisioningOp) -> Option<CommitOutcome> {
        match step {
            ProvisioningOp::InsertUser(user) => {
                (u64::try_from(user.id.0) != Ok(self.epochs.next_user)).then_some(CommitOutcome::Conflict)
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

    /// Whether what the step would write collides with what is there.
    fn content_refuses(&self, step: &ProvisioningOp) -> Option<CommitOutcome> {
        let missing = match step {
            ProvisioningOp::InsertUser(user) if self.is_taken(&user.username, None) => {
                return Some(CommitOutcome::Conflict);
            }
            ProvisioningOp::InsertUser(user) => self.groups.missing(&user.groups),
            // Whoever put a group of that name here did it behind the `graph` counter.
            ProvisioningOp::PutGroup(group)
                if self.groups.named(&group.name).is_some_and(|holder| holder != group.id) =>
            {
                return Some(CommitOutcome::Conflict);
            }
            ProvisioningOp::PutGroup(group) => {
                self.groups.missing(group.parent.iter().filter(|parent| **parent != group.id))
            }
            ProvisioningOp::DeleteUser { .. } | ProvisioningOp::DeleteGroup(_) => return None,
        };
        (!missing.is_empty()).then_some(CommitOutcome::Conflict)
    }

    /// The caller has checked that id and name are free and that the groups are there.
    pub(crate) fn insert_user(&mut self, user: Arc<User>) {
        self.usernames.insert(user.username.clone(), user.id);
        self.groups.join(user.id, user.is_active, &user.groups);
        self.users.insert(user.id, user);
    }

    fn delete_user(&mut self, id: UserId) {
        if let Some(user) = self.users.remove(&id) {
            self.usernames.remove(&user.username);
            self.groups.leave(id, user.is_active, &user.groups);
        }
    }

    fn delete_group(&mut self, id: GroupId) {
        for member in self.groups.remove(id).into_iter().flatten() {
            if let Some(user) = self.users.get_mut(&member) {
                Arc::make_mut(user).groups.remove(&id);
            }
        }
    }
}
