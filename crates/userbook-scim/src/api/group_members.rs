//! The users that a write of members names.

use std::collections::{BTreeMap, BTreeSet};

use userbook::{
    GroupId, UserId,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, ListStore, ProvisioningStore, UserFilter},
};
use uuid::Uuid;

use super::{Exchange, parse_id};
use crate::{error::ScimError, patch::MembersChange};

/// Users that are loaded at once.
const CHUNK: usize = 200;

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    /// Turns "these are all members" into additions and removals. Members that the connection does not manage stay, and
    /// so do members that another writer adds meanwhile.
    pub(super) async fn make_delta(&self, id: GroupId, change: &mut MembersChange) -> Result<(), ScimError> {
        let entry = self.service().retrieve_group(self.actor, id, true).await?;
        let managed = entry.members.iter().filter(|user| user.external_ids.is_managed_by(self.source()));
        let present: BTreeSet<String> = managed.map(|user| user.uuid.to_string()).collect();
        let wanted: BTreeSet<String> = change.add.iter().map(|id| id.to_ascii_lowercase()).collect();
        *change = MembersChange {
            replaces: false,
            add: wanted.difference(&present).cloned().collect(),
            remove: present.difference(&wanted).cloned().collect(),
        };
        Ok(())
    }

    /// Returns the users to add and to remove. Users that do not exist, and users that the connection does not manage, are
    /// not added: strictly they are an error, leniently they have no effect, because identity providers push members
    /// before users.
    pub(super) async fn resolve_members(
        &self,
        change: &MembersChange,
    ) -> Result<(Vec<UserId>, Vec<UserId>), ScimError> {
        let limit = self.service().policy().limits().members_altered;
        let count = change.add.len() + change.remove.len();
        if count > limit {
            let detail = format!("request changes more than {limit} members (got {count})");
            return Err(ScimError::too_large(detail));
        }
        let uuids: BTreeSet<Uuid> = change.add.union(&change.remove).filter_map(|id| parse_id(id)).collect();
        let known = self.managed_users(&uuids).await?;
        let find = |id: &String| known.get(&parse_id(id)?).copied();
        let is_unknown = |id: &&String| find(id).is_none();
        if let Some(id) =
            change.add.iter().find(is_unknown).filter(|_| !self.connection.strictness.is_lenient())
        {
            return Err(ScimError::invalid_value(format!("members: no user has the id {id:?}")));
        }
        Ok((change.add.iter().filter_map(find).collect(), change.remove.iter().filter_map(find).collect()))
    }

    /// Returns the users with these ids that the connection manages.
    pub(super) async fn managed_users(
        &self,
        uuids: &BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, UserId>, ScimError> {
        let mut found = BTreeMap::new();
        let uuids: Vec<Uuid> = uuids.iter().copied().collect();
        for chunk in uuids.chunks(CHUNK) {
            let external_id = Some(ExternalIdFilter { source: self.source().clone(), identifier: None });
            let filter =
                UserFilter { uuids: chunk.iter().copied().collect(), external_id, ..UserFilter::default() };
            let limit = u32::try_from(CHUNK).unwrap_or(u32::MAX);
            let listing = Listing { filter, order: Vec::new(), offset: 0, limit };
            let page = self.service().list_users(self.actor, listing).await?;
            found.extend(page.users.into_iter().map(|view| (view.user.uuid, view.user.id)));
        }
        Ok(found)
    }
}
