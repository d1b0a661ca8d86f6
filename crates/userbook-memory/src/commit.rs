//! Applies an update: first all checks, then all writes. The event is the last check and the first write.

use std::sync::Arc;

use userbook::{
    field::Username,
    store::{ChangeSet, CommitOutcome, FurtherAddresses},
};

use crate::{MemoryError, can_act::CanAct, state::State};

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
        if !self.groups.missing(&change.groups_added).is_empty() {
            return Ok(CommitOutcome::Conflict);
        }
        let claims = change.claims();
        if self.claims.conflict(change.user, claims.iter().flatten()) {
            return Ok(CommitOutcome::Conflict);
        }
        let ids = change.fields.external_ids.as_ref();
        if let Some(outcome) = ids.and_then(|ids| self.external_ids.reject(ids, Some(change.user))) {
            return Ok(outcome);
        }
        self.events.push(Arc::clone(&change.event))?;
        self.claims.put(change.user, claims);
        self.apply(change);
        self.bump(&change.guards);
        Ok(CommitOutcome::Applied)
    }

    fn apply(&mut self, change: &ChangeSet) {
        let Some(shared) = self.users.get_mut(&change.user) else { return };
        let user = Arc::make_mut(shared);
        if let Some(name) = &change.fields.username {
            self.usernames.remove(&user.username);
            self.usernames.insert(name.as_str().to_owned(), user.id);
        }
        if let Some(ids) = &change.fields.external_ids {
            self.external_ids.replace(user.id, &user.external_ids, ids);
        }
        if let Some(addresses) = &change.fields.further_addresses {
            let before = FurtherAddresses::of(&user.attributes);
            self.further_addresses.replace(user.id, &before, addresses);
        }
        let before = CanAct::of(user);
        change.apply_to(user);
        let after = CanAct::of(user);

        self.groups.leave(user.id, before, &change.groups_removed);
        if after == before {
            self.groups.join(user.id, after, &change.groups_added);
        } else {
            self.groups.leave(user.id, before, &user.groups);
            self.groups.join(user.id, after, &user.groups);
        }
    }
}
