//! The users that a write of members names.

use std::collections::{BTreeMap, BTreeSet};

use userbook::{
    GroupError, GroupId, ListError, Revision, UserId, Violations,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, ListStore, Order, ProvisioningStore, UserColumn, UserFilter},
    violation::{GroupField, ViolationKind},
};
use uuid::Uuid;

use super::{Exchange, parse_id};
use crate::{
    error::{ScimError, ScimType},
    etag::Pinned,
    patch::MembersChange,
};

/// Users that are loaded at once.
const CHUNK: u32 = 200;

/// The users to add and to remove, with the revisions in which the connection manages them.
#[derive(Debug, Default)]
pub(super) struct ResolvedMembers {
    pub(super) join: Vec<Member>,
    pub(super) leave: Vec<Member>,
}

/// A user that the connection manages.
pub(super) type Member = (UserId, Revision);

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    /// Turns "these are all members" into additions and removals. Members that the connection does not manage stay, and
    /// so do members that another writer adds meanwhile.
    ///
    /// # Errors
    /// 412 if the members are not those of the version that the client names.
    pub(super) async fn make_delta(
        &self,
        id: GroupId,
        change: &mut MembersChange,
        pinned: &Pinned,
    ) -> Result<(), ScimError> {
        let present = UserFilter { groups: vec![[id].into()], ..self.managed() };
        // Of more members, too many leave.
        let limit = self.service().policy().limits().members_altered;
        let most = limit.saturating_add(change.add.len());
        let present = self.find_users(present, most).await?;
        let is_whole = present.len() <= most;
        let present: BTreeSet<Uuid> = present.into_keys().collect();
        if is_whole && !pinned.has_managed(&present) {
            return Err(ScimError::another_version());
        }
        let present: BTreeSet<String> = present.into_iter().map(|uuid| uuid.to_string()).collect();
        let wanted = std::mem::take(&mut change.add);
        *change = MembersChange {
            replaces: false,
            add: wanted.difference(&present).cloned().collect(),
            remove: present.difference(&wanted).cloned().collect(),
        };
        Ok(())
    }

    /// Returns the users to add and to remove. Users that do not exist, and users that the connection does not manage,
    /// are not added: strictly they are an error, leniently they have no effect, because identity providers push
    /// members before users.
    pub(super) async fn resolve_members(&self, change: &MembersChange) -> Result<ResolvedMembers, ScimError> {
        // The core decides so as well, but only after all users are loaded.
        self.check_count(change.add.len() + change.remove.len())?;
        let uuids: BTreeSet<Uuid> = change.add.union(&change.remove).filter_map(|id| parse_id(id)).collect();
        let known = self.managed_users(&uuids).await?;
        let find = |id: &String| known.get(&parse_id(id)?).copied();
        let is_unknown = |id: &&String| find(id).is_none();
        if let Some(id) =
            change.add.iter().find(is_unknown).filter(|_| !self.connection.strictness.is_lenient())
        {
            return Err(ScimError::invalid_value(format!("members: no user has the id {id:?}")));
        }
        Ok(ResolvedMembers {
            join: change.add.iter().filter_map(find).collect(),
            leave: change.remove.iter().filter_map(find).collect(),
        })
    }

    /// Requires that the group has one member at least of each set, as the connection sees the group.
    ///
    /// # Errors
    /// 400 `noTarget` if the group has none of a set.
    pub(super) async fn require_selected(
        &self,
        id: GroupId,
        selected: &[BTreeSet<String>],
    ) -> Result<(), ScimError> {
        let uuids: BTreeSet<Uuid> = selected.iter().flatten().filter_map(|id| parse_id(id)).collect();
        self.check_count(uuids.len())?;
        let mut present = BTreeSet::new();
        for chunk in uuids.into_iter().collect::<Vec<_>>().chunks(CHUNK as usize) {
            let uuids = chunk.iter().copied().collect();
            let filter = UserFilter { uuids, groups: vec![[id].into()], ..self.managed() };
            present.extend(self.find_users(filter, chunk.len()).await?.into_keys());
        }
        let is_present = |id: &String| parse_id(id).is_some_and(|uuid| present.contains(&uuid));
        if selected.iter().all(|ids| ids.iter().any(is_present)) {
            return Ok(());
        }
        Err(ScimError::bad_request(ScimType::NoTarget, "no value of members matches the filter"))
    }

    /// Returns the users with these ids that the connection manages.
    pub(super) async fn managed_users(
        &self,
        uuids: &BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, Member>, ScimError> {
        let mut found = BTreeMap::new();
        let uuids: Vec<Uuid> = uuids.iter().copied().collect();
        for chunk in uuids.chunks(CHUNK as usize) {
            let filter = UserFilter { uuids: chunk.iter().copied().collect(), ..self.managed() };
            found.extend(self.find_users(filter, chunk.len()).await?);
        }
        Ok(found)
    }

    fn managed(&self) -> UserFilter {
        let external_id = Some(ExternalIdFilter { source: self.source().clone(), identifier: None });
        UserFilter { external_id, ..UserFilter::default() }
    }

    /// Requires that a change of so many members is within the limit of the core.
    fn check_count(&self, count: usize) -> Result<(), ScimError> {
        let limits = self.service().policy().limits();
        let Some(kind) = ViolationKind::too_many_members(count, limits) else { return Ok(()) };
        let mut violations = Violations::default();
        violations.push(GroupField::Users, kind);
        Err(GroupError::Invalid(violations).into())
    }

    /// Returns the users that a filter finds, page by page. Once more than `most` are found, the rest is not loaded.
    async fn find_users(&self, filter: UserFilter, most: usize) -> Result<BTreeMap<Uuid, Member>, ScimError> {
        let mut found = BTreeMap::new();
        let (mut offset, mut limit) = (0, CHUNK);
        loop {
            let order = vec![Order { column: UserColumn::Uuid, descending: false }];
            let listing = Listing { filter: filter.clone(), order, offset, limit };
            let page = match self.service().list_users(self.actor, listing).await {
                // Fewer rows fit into the limit of a page.
                Err(ListError::PageTooLarge { .. }) if limit > 1 => {
                    limit /= 2;
                    continue;
                }
                page => page?,
            };
            let read = page.users.len();
            found.extend(
                page.users.into_iter().map(|view| (view.user.uuid, (view.user.id, view.user.revision))),
            );
            if read < limit as usize || found.len() > most {
                return Ok(found);
            }
            offset += read as u64;
        }
    }
}
