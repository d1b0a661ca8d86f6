//! Applying an update: everything is checked, then everything is written. The event is the last thing that can be
//! refused and the first that is written.

use std::sync::Arc;

use userbook::{ChangeSet, CommitOutcome, Username};

use crate::{MemoryError, state::State};

impl State {
    pub(crate) fn commit(&mut self, change: &ChangeSet) -> Result<CommitOutcome, MemoryError> {
        let Some(user) = self.users.get(&change.user) else { return Ok(CommitOutcome::Gone) };
        if user.revision != change.expected {
            return Ok(CommitOutcome::Conflict);
        }
        if !self.holds(&change.guards) {
            return Ok(CommitOutcome::Conflict);
        }
        let username = change.fields.username.as_ref().map(Username::as_str);
        if username.is_some_and(|name| self.is_taken(name, Some(change.user))) {
            return Ok(CommitOutcome::Conflict);
        }
        let missing = self.groups.missing(&change.groups_added);
        if !missing.is_empty() {
            return Ok(CommitOutcome::Conflict);
        }
        self.events.push(Arc::clone(&change.event))?;
        self.apply(change);
        self.count(&change.guards);
        Ok(CommitOutcome::Applied)
    }

    fn apply(&mut self, change: &ChangeSet) {
        let Some(shared) = self.users.get_mut(&change.user) else { return };
        let user = Arc::make_mut(shared);
        if let Some(name) = &change.fields.username {
            self.usernames.remove(&user.username);
            self.usernames.insert(name.as_str().to_owned(), user.id);
        }
        let was_active = user.is_active;
        change.apply_to(user);

        self.groups.leave(user.id, was_active, &change.groups_removed);
        if user.is_active == was_active {
            self.groups.join(user.id, user.is_active, &change.groups_added);
        } else {
            self.groups.leave(user.id, was_active, &user.groups);
            self.groups.join(user.id, user.is_active, &user.groups);
        }
    }
}
