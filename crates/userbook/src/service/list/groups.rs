//! Lists groups.

use std::{collections::BTreeSet, time::Duration};

use super::{Listing, max_rows, require_some};
use crate::{
    authz::{Actor, ListAuthorizer},
    model::{GroupId, User, UserId},
    policy::Safeguard,
    service::{
        AccessError, ListError, UserService,
        access::actor_view,
        trace::{SpanOutcome, operation, step, traced},
    },
    store::{
        GroupColumn, GroupEntry, GroupFilter, GroupListQuery, GroupPage, ListStore, ReadAttributes, Scope,
        Snapshot, UserFilter, UserListQuery, UserStore,
    },
};

/// The right to list groups, checked before the request is read; see [`UserService::authorize_group_list`].
#[derive(Debug)]
pub struct AuthorizedGroupList<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    pub(in crate::service) snapshot: Snapshot,
    pub(in crate::service) scope: Scope<GroupId>,
    /// The start, by the monotonic clock.
    pub(in crate::service) since: Duration,
    member_attributes: bool,
}

impl<S, A> SpanOutcome for AuthorizedGroupList<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<S: UserStore + ListStore, A: ListAuthorizer> UserService<S, A> {
    /// Returns one page of the groups that the actor may view. Under [`Safeguard::HideMembers`], members are limited to
    /// users that the actor may view.
    ///
    /// # Errors
    /// [`ListError`]; [`AccessError::Forbidden`] if the actor may see no group at all.
    pub async fn list_groups(
        &self,
        actor: &Actor,
        listing: Listing<GroupFilter, GroupColumn>,
        include_members: bool,
    ) -> Result<GroupPage, ListError> {
        self.authorize_group_list(actor).await?.page(listing, include_members).await
    }

    /// Checks that the actor may list groups, before the request is read.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`] if the actor may see no group at all.
    pub async fn authorize_group_list<'a>(
        &'a self,
        actor: &'a Actor,
    ) -> Result<AuthorizedGroupList<'a, S, A>, AccessError> {
        traced(operation!("userbook.authorize_list"), async {
            self.require_some_right(actor)?;
            let since = self.clock.monotonic();
            let snapshot = self.load_actor(actor).await?;
            let scope = self.visible_groups(actor, actor_view(&snapshot)).await?;
            let query = |scope| GroupListQuery {
                members: None,
                attributes: ReadAttributes::NONE,
                scope,
                filter: GroupFilter::default(),
                order: Vec::new(),
                offset: 0,
                limit: 0,
                max_bytes: u64::MAX,
            };
            let count = async |scope| Ok(self.store.list_groups(&query(scope)).await?.count);
            let scope = require_some(&snapshot, scope, count).await?;
            Ok(AuthorizedGroupList { service: self, actor, snapshot, scope, since, member_attributes: true })
        })
        .await
    }

    /// Returns a group like [`UserService::list_groups`].
    ///
    /// # Errors
    /// [`AccessError::Forbidden`] if the actor may see no group at all, [`AccessError::NotFound`] if not this one.
    pub async fn retrieve_group(
        &self,
        actor: &Actor,
        id: GroupId,
        include_members: bool,
    ) -> Result<GroupEntry, ListError> {
        let filter = GroupFilter { ids: [id].into(), ..GroupFilter::default() };
        let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
        let page = self.list_groups(actor, listing, include_members).await?;
        Ok(page.groups.into_iter().next().ok_or(AccessError::NotFound)?)
    }
}

impl<S: UserStore + ListStore, A: ListAuthorizer> AuthorizedGroupList<'_, S, A> {
    /// Leaves the attributes of members empty; they do not count towards the size of the page.
    #[must_use]
    pub fn without_member_attributes(self) -> Self {
        Self { member_attributes: false, ..self }
    }

    /// Returns the users that a filter may name by these ids, and those that it may name by these usernames: under
    /// [`Safeguard::HideMembers`] the users that the actor may view, otherwise all.
    ///
    /// # Errors
    /// [`ListError`].
    pub async fn users_named(
        &self,
        ids: BTreeSet<UserId>,
        usernames: BTreeSet<String>,
    ) -> Result<(Vec<User>, Vec<User>), ListError> {
        let by_id = UserFilter { ids, ..UserFilter::default() };
        let by_name = UserFilter { usernames, ..UserFilter::default() };
        if by_id == by_name {
            return Ok((Vec::new(), Vec::new()));
        }
        let scope = self.visible_users().await?;
        Ok((self.find_users(&scope, by_id).await?, self.find_users(&scope, by_name).await?))
    }

    async fn find_users(&self, scope: &Scope<UserId>, filter: UserFilter) -> Result<Vec<User>, ListError> {
        if filter == UserFilter::default() {
            return Ok(Vec::new());
        }
        let max_bytes = self.service.policy.limits().page_bytes;
        let query = UserListQuery {
            scope: scope.clone(),
            filter,
            order: Vec::new(),
            offset: 0,
            limit: max_rows(max_bytes),
            max_bytes,
        };
        let page =
            traced(step!("list"), self.service.in_time(self.since, self.service.store.list_users(&query)))
                .await?;
        if page.too_large {
            return Err(ListError::PageTooLarge { limit: max_bytes });
        }
        Ok(page.users)
    }

    /// The users that are shown as members and named in filters.
    async fn visible_users(&self) -> Result<Scope<UserId>, ListError> {
        if !self.service.policy.has(Safeguard::HideMembers) {
            return Ok(Scope::Everything);
        }
        Ok(self.service.visible_users(self.actor, actor_view(&self.snapshot)).await?)
    }

    /// Removes hidden users from the sets of a filter. Returns `false` if no group can match any more.
    async fn keep_visible(
        &self,
        wanted: &mut [BTreeSet<UserId>],
        visible: &Scope<UserId>,
    ) -> Result<bool, ListError> {
        for ids in wanted {
            match visible {
                Scope::Everything => {}
                Scope::Nothing => ids.clear(),
                Scope::Only(some) if some.is_by_id() => ids.retain(|id| some.ids.contains(id)),
                Scope::Only(_) => {
                    let filter = UserFilter { ids: std::mem::take(ids), ..UserFilter::default() };
                    *ids = self.find_users(visible, filter).await?.into_iter().map(|user| user.id).collect();
                }
            }
            if ids.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns one page, with members if requested.
    ///
    /// # Errors
    /// [`ListError`].
    pub async fn page(
        self,
        listing: Listing<GroupFilter, GroupColumn>,
        include_members: bool,
    ) -> Result<GroupPage, ListError> {
        traced(operation!("userbook.list_groups"), self.load_page(listing, include_members)).await
    }

    async fn load_page(
        self,
        listing: Listing<GroupFilter, GroupColumn>,
        include_members: bool,
    ) -> Result<GroupPage, ListError> {
        self.service.check_filter(&listing.filter.attributes)?;
        let users = self.visible_users().await?;
        let mut listing = listing;
        if !self.keep_visible(&mut listing.filter.members, &users).await? {
            return Ok(GroupPage::default());
        }
        let Self { service, scope, since, member_attributes, .. } = self;
        let attributes = ReadAttributes { groups: true, members: member_attributes };
        let Listing { filter, order, offset, limit } = listing;
        let max_bytes = service.policy.limits().page_bytes;
        let members = include_members.then_some(users);
        let hides = service.policy.has(Safeguard::HideGroups);
        let parents = if hides { scope.clone() } else { Scope::Everything };
        let query = GroupListQuery { members, attributes, scope, filter, order, offset, limit, max_bytes };
        let mut page =
            traced(step!("list"), service.in_time(since, service.store.list_groups(&query))).await?;
        if page.too_large {
            return Err(ListError::PageTooLarge { limit: max_bytes });
        }
        for entry in &mut page.groups {
            if !entry.group.parent.is_some_and(|parent| parents.contains(&parent)) {
                entry.parent_name = None;
            }
        }
        Ok(page)
    }
}
