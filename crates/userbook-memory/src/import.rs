//! Imports rows into an empty store: builds the new content first, then replaces the old one.

use std::sync::Arc;

use userbook::{
    GroupId,
    store::{DistinctNames, ImportData, ImportOutcome},
};

use crate::{MemoryError, state::State};

impl State {
    /// Builds the state from the rows.
    pub(crate) fn of(rows: &ImportData) -> Result<Self, MemoryError> {
        let mut state = Self { install_id: Some(rows.install_id.clone()), ..Self::default() };
        for group in &rows.groups {
            if state.groups.nodes.contains_key(&group.id) {
                return Err(MemoryError::DuplicateGroup(group.id));
            }
            if state.groups.external_ids.reject(&group.external_ids, None).is_some() {
                return Err(MemoryError::DuplicateExternalIdOfGroup(group.id));
            }
            state.groups.put(Arc::new(group.clone()));
        }
        // After all groups, because a parent may follow its children.
        state.known(rows.groups.iter().filter_map(|group| group.parent.as_ref()))?;
        state.groups.attach_all();
        for user in &rows.users {
            if state.users.contains_key(&user.id) {
                return Err(MemoryError::DuplicateUser(user.id));
            }
            if state.is_taken(&user.username, None) {
                return Err(MemoryError::DuplicateUsername(user.id));
            }
            if state.uuids.contains_key(&user.uuid) {
                return Err(MemoryError::DuplicateUuid(user.id));
            }
            if state.external_ids.reject(&user.external_ids, None).is_some() {
                return Err(MemoryError::DuplicateExternalId(user.id));
            }
            state.known(&user.groups)?;
            state.insert_user(Arc::new(user.clone()), DistinctNames::default());
            let above = u64::try_from(user.id.0).map_or(0, |id| id + 1);
            state.epochs.next_user = state.epochs.next_user.max(above);
        }
        Ok(state)
    }

    fn known<'a>(&self, groups: impl IntoIterator<Item = &'a GroupId>) -> Result<(), MemoryError> {
        self.groups.missing(groups).first().map_or(Ok(()), |id| Err(MemoryError::UnknownGroup(*id)))
    }

    /// Takes the content of `imported` if this store has no users and no groups.
    pub(crate) fn import(&mut self, imported: Self) -> ImportOutcome {
        if !self.users.is_empty() || !self.groups.nodes.is_empty() {
            return ImportOutcome::NotEmpty;
        }
        self.users = imported.users;
        self.usernames = imported.usernames;
        self.uuids = imported.uuids;
        self.claims = imported.claims;
        self.external_ids = imported.external_ids;
        self.further_addresses = imported.further_addresses;
        self.groups = imported.groups;
        self.install_id = imported.install_id;
        // A decision that rests on the empty store must not be committed any more.
        self.epochs.graph += 1;
        self.epochs.superusers += 1;
        // Ids are never reused, including those of deleted users.
        self.epochs.next_user = self.epochs.next_user.max(imported.epochs.next_user);
        ImportOutcome::Imported
    }
}
