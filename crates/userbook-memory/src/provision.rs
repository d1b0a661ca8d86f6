//! Making and unmaking users and groups: everything is checked, then everything is written.

use std::sync::Arc;

use userbook::{Group, GroupId, Provision, ProvisionOutcome, Step, User, UserId};

use crate::{MemoryError, state::State};

impl State {
    pub(crate) fn provision(&mut self, provision: &Provision) -> Result<ProvisionOutcome, MemoryError> {
        if let Some(refusal) = self.subject_refuses(&provision.step) {
            return Ok(refusal);
        }
        if !self.holds(&provision.guards) {
            return Ok(ProvisionOutcome::GuardFailed);
        }
        if let Some(refusal) = self.content_refuses(&provision.step) {
            return Ok(refusal);
        }
        if self.events.contains(provision.event.id) {
            return Err(MemoryError::DuplicateEvent(provision.event.id));
        }
        match &provision.step {
            Step::InsertUser(user) => {
                if self.users.contains_key(&user.id) {
                    return Err(MemoryError::DuplicateUser(user.id));
                }
                self.insert_user(Arc::new(User::clone(user)));
                self.epochs.next_user += 1;
            }
            Step::DeleteUser { user, .. } => self.delete_user(*user),
            Step::PutGroup(group) => self.groups.put(Arc::new(Group::clone(group))),
            Step::DeleteGroup(id) => self.delete_group(*id),
        }
        self.count(&provision.guards);
        self.events.push(Arc::new(provision.event.clone()))?;
        Ok(ProvisionOutcome::Applied)
    }

    /// Whether that which the step is about is not as it was decided on.
    fn subject_refuses(&self, step: &Step) -> Option<ProvisionOutcome> {
        match step {
            Step::InsertUser(user) => {
                (u64::try_from(user.id.0) != Ok(self.epochs.next_user)).then_some(ProvisionOutcome::Stale)
            }
            Step::DeleteUser { user, expected } => match self.users.get(user) {
                None => Some(ProvisionOutcome::Gone),
                Some(user) => (user.revision != *expected).then_some(ProvisionOutcome::Stale),
            },
            Step::PutGroup(_) => None,
            Step::DeleteGroup(id) => (!self.groups.nodes.contains_key(id)).then_some(ProvisionOutcome::Gone),
        }
    }

    /// Whether what the step would write collides with what is there.
    fn content_refuses(&self, step: &Step) -> Option<ProvisionOutcome> {
        let missing = match step {
            Step::InsertUser(user) if self.is_taken(&user.username, None) => {
                return Some(ProvisionOutcome::UsernameTaken);
            }
            Step::InsertUser(user) => self.groups.missing(&user.groups),
            // Whoever put a group of that name here did it behind the `graph` counter.
            Step::PutGroup(group)
                if self.groups.named(&group.name).is_some_and(|holder| holder != group.id) =>
            {
                return Some(ProvisionOutcome::Stale);
            }
            Step::PutGroup(group) => {
                self.groups.missing(group.parent.iter().filter(|parent| **parent != group.id))
            }
            Step::DeleteUser { .. } | Step::DeleteGroup(_) => return None,
        };
        (!missing.is_empty()).then_some(ProvisionOutcome::MissingGroups(missing))
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
