//! Applying an update: everything is checked, then everything is written, and nothing in between can fail.

use std::sync::Arc;

use userbook::{ChangeSet, CommitOutcome, Event, FieldChanges, User};

use crate::{MemoryError, state::State};

impl State {
    /// `fields` and `event` are copies of those in `change`.
    pub(crate) fn commit(
        &mut self,
        change: &ChangeSet,
        fields: FieldChanges,
        event: Arc<Event>,
    ) -> Result<CommitOutcome, MemoryError> {
        let Some(user) = self.users.get(&change.user) else { return Ok(CommitOutcome::Gone) };
        if user.revision != change.expected {
            return Ok(CommitOutcome::Stale);
        }
        if !self.holds(&change.guards) {
            return Ok(CommitOutcome::GuardFailed);
        }
        if fields.username.as_ref().is_some_and(|name| self.is_taken(name.as_str(), Some(change.user))) {
            return Ok(CommitOutcome::UsernameTaken);
        }
        let missing = self.groups.missing(&change.groups_added);
        if !missing.is_empty() {
            return Ok(CommitOutcome::MissingGroups(missing));
        }
        if self.events.contains(event.id) {
            return Err(MemoryError::DuplicateEvent(event.id));
        }
        self.apply(change, fields);
        self.count(&change.guards);
        self.events.push(event);
        Ok(CommitOutcome::Applied)
    }

    fn apply(&mut self, change: &ChangeSet, fields: FieldChanges) {
        let Some(shared) = self.users.get_mut(&change.user) else { return };
        let user = Arc::make_mut(shared);
        if let Some(name) = &fields.username {
            self.usernames.remove(&user.username);
            self.usernames.insert(name.as_str().to_owned(), user.id);
        }
        let was_active = user.is_active;
        set_fields(user, fields);
        user.revision = change.change.into();
        user.version = change.version;

        self.groups.leave(user.id, was_active, &change.groups_removed);
        for group in &change.groups_removed {
            user.groups.remove(group);
        }
        if user.is_active != was_active {
            self.groups.leave(user.id, was_active, &user.groups);
            self.groups.join(user.id, user.is_active, &user.groups);
        }
        self.groups.join(user.id, user.is_active, &change.groups_added);
        user.groups.extend(&change.groups_added);
    }
}

/// Writes the columns that the change names and no others.
fn set_fields(user: &mut User, fields: FieldChanges) {
    let FieldChanges { username, name, is_active, last_login, email, attributes, path, user_type } = fields;
    set(&mut user.username, username.map(Into::into));
    set(&mut user.name, name.map(Into::into));
    set(&mut user.is_active, is_active);
    set(&mut user.last_login, last_login);
    set(&mut user.email, email.map(|email| email.as_str().to_owned()));
    set(&mut user.attributes, attributes.map(Into::into));
    set(&mut user.path, path.map(Into::into));
    set(&mut user.user_type, user_type);
}

fn set<T>(column: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *column = value;
    }
}
