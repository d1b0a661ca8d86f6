//! Lists users and groups: determines the visible rows, then reads one page.

use std::{collections::BTreeSet, mem};

use super::{
    AccessError, ListError, UserService,
    access::actor_view,
    trace::{SpanOutcome, operation, step, traced},
};
use crate::{
    authz::{Actor, ActorView, AuthorizerError, ListAuthorizer},
    decision::Denial,
    json::{JsonObject, count_nodes},
    model::{GroupId, UserId},
    policy::Safeguard,
    store::{
        GroupColumn, GroupEntry, GroupFilter, GroupListQuery, GroupPage, ListStore, Order, Scope, Snapshot,
        UserColumn, UserFilter, UserListQuery, UserStore,
    },
    view::UserView,
};

/// A request for one page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<F, C> {
    /// The rows to find.
    pub filter: F,
    /// The order.
    pub order: Vec<Order<C>>,
    /// The number of rows to skip.
    pub offset: u64,
    /// The maximum number of rows.
    pub limit: u32,
}

/// One page of users, as the actor sees them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserViews {
    /// The users, in order.
    pub users: Vec<UserView>,
    /// The number of rows on all pages.
    pub count: u64,
}

/// The right to list users, checked before the request is read; see [`UserService::authorize_user_list`].
#[derive(Debug)]
pub struct AuthorizedUserList<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    snapshot: Snapshot,
    scope: Scope<UserId>,
}

/// The right to list groups, checked before the request is read; see [`UserService::authorize_group_list`].
#[derive(Debug)]
pub struct AuthorizedGroupList<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    snapshot: Snapshot,
    scope: Scope<GroupId>,
}

impl<S, A> SpanOutcome for AuthorizedUserList<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<S, A> SpanOutcome for AuthorizedGroupList<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<S: UserStore + ListStore, A: ListAuthorizer> UserService<S, A> {
    /// Returns one page of the users that the actor may view.
    ///
    /// # Errors
    /// [`ListError`]; [`AccessError::Forbidden`] if the actor may see no user at all.
    pub async fn list_users(
        &self,
        actor: &Actor,
        listing: Listing<UserFilter, UserColumn>,
    ) -> Result<UserViews, ListError> {
        self.authorize_user_list(actor).await?.page(listing).await
    }

    /// Checks that the actor may list users, before the request is read.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`] if the actor may see no user at all.
    pub async fn authorize_user_list<'a>(
        &'a self,
        actor: &'a Actor,
    ) -> Result<AuthorizedUserList<'a, S, A>, AccessError> {
        traced(operation!("userbook.authorize_list"), async {
            self.require_some_right(actor)?;
            let snapshot = self.load_actor(actor).await?;
            let scope = require_nonempty(self.visible_users(actor, actor_view(&snapshot)).await?)?;
            Ok(AuthorizedUserList { service: self, actor, snapshot, scope })
        })
        .await
    }

    /// Returns one page of the groups that the actor may view. Members are limited to users that the actor may view.
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
            let snapshot = self.load_actor(actor).await?;
            let scope = require_nonempty(self.visible_groups(actor, actor_view(&snapshot)).await?)?;
            Ok(AuthorizedGroupList { service: self, actor, snapshot, scope })
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
        let filter = GroupFilter { id: Some(id), ..GroupFilter::default() };
        let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
        let page = self.list_groups(actor, listing, include_members).await?;
        Ok(page.groups.into_iter().next().ok_or(AccessError::NotFound)?)
    }

    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        traced(step!("authorize"), self.authorizer.visible_users(actor, state)).await
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        traced(step!("authorize"), self.authorizer.visible_groups(actor, state)).await
    }

    fn check_filter(&self, attributes: Option<&JsonObject>) -> Result<(), ListError> {
        let limit = self.policy.limits().filter_nodes;
        let values = |filter: &JsonObject| filter.values().map(count_nodes).sum::<usize>();
        match attributes.map(values) {
            Some(count) if count > limit => Err(ListError::FilterTooLarge { limit, count }),
            _ => Ok(()),
        }
    }
}

impl<S: UserStore + ListStore, A: ListAuthorizer> AuthorizedUserList<'_, S, A> {
    /// Returns one page.
    ///
    /// # Errors
    /// [`ListError`].
    pub async fn page(self, listing: Listing<UserFilter, UserColumn>) -> Result<UserViews, ListError> {
        traced(operation!("userbook.list_users"), self.load_page(listing)).await
    }

    async fn load_page(self, listing: Listing<UserFilter, UserColumn>) -> Result<UserViews, ListError> {
        let Self { service, actor, snapshot, scope } = self;
        let Listing { mut filter, order, offset, limit } = listing;
        let policy = &service.policy;
        service.check_filter(filter.attributes.as_ref())?;
        if let Some(superuser) = &mut filter.is_superuser {
            superuser.inherited = policy.has(Safeguard::InheritedSuperuserFilter);
        }
        let groups = if policy.has(Safeguard::HideGroups) {
            service.visible_groups(actor, actor_view(&snapshot)).await?
        } else {
            Scope::Everything
        };
        if !restrict_groups(service, &mut filter, &groups).await? {
            return Ok(UserViews::default());
        }
        let max_bytes = policy.limits().page_bytes;
        let query = UserListQuery { scope, filter, order, offset, limit, max_bytes };
        let page = traced(step!("list"), service.store.list_users(&query)).await?;
        if page.too_large {
            return Err(ListError::PageTooLarge { limit: max_bytes });
        }
        let view = |user| UserView::with_groups(user, &page.groups, |id| groups.contains(&id));
        Ok(UserViews { users: page.users.into_iter().map(view).collect(), count: page.count })
    }
}

impl<S: UserStore + ListStore, A: ListAuthorizer> AuthorizedGroupList<'_, S, A> {
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
        let Self { service, actor, snapshot, scope } = self;
        let Listing { mut filter, order, offset, limit } = listing;
        service.check_filter(filter.attributes.as_ref())?;
        let users = service.visible_users(actor, actor_view(&snapshot)).await?;
        if !restrict_members(service, &mut filter, &users).await? {
            return Ok(GroupPage::default());
        }
        let max_bytes = service.policy.limits().page_bytes;
        let members = include_members.then_some(users);
        let hides = service.policy.has(Safeguard::HideGroups);
        let parents = if hides { scope.clone() } else { Scope::Everything };
        let query = GroupListQuery { members, scope, filter, order, offset, limit, max_bytes };
        let mut page = traced(step!("list"), service.store.list_groups(&query)).await?;
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

/// Removes groups that the actor may not view from the filter, so that the filter does not reveal their members.
/// Returns `false` if no row can match any more.
async fn restrict_groups<S: ListStore, A>(
    service: &UserService<S, A>,
    filter: &mut UserFilter,
    groups: &Scope<GroupId>,
) -> Result<bool, ListError> {
    if *groups == Scope::Everything {
        return Ok(true);
    }
    let filtered = (!filter.groups.is_empty(), !filter.group_names.is_empty());
    filter.groups.retain(|group| groups.contains(group));
    for name in mem::take(&mut filter.group_names) {
        let query = GroupListQuery {
            members: None,
            scope: groups.clone(),
            filter: GroupFilter { name: Some(name.clone()), ..GroupFilter::default() },
            order: Vec::new(),
            offset: 0,
            limit: 1,
            max_bytes: service.policy.limits().page_bytes,
        };
        if traced(step!("list"), service.store.list_groups(&query)).await?.count > 0 {
            filter.group_names.insert(name);
        }
    }
    Ok(filtered == (!filter.groups.is_empty(), !filter.group_names.is_empty()))
}

/// Removes members that the actor may not view from the filter, so that the filter does not reveal their groups.
/// Returns `false` if no row can match any more.
async fn restrict_members<S: ListStore, A>(
    service: &UserService<S, A>,
    filter: &mut GroupFilter,
    users: &Scope<UserId>,
) -> Result<bool, ListError> {
    if *users == Scope::Everything {
        return Ok(true);
    }
    let filtered = (!filter.members.is_empty(), !filter.member_names.is_empty());
    filter.members.retain(|member| users.contains(member));
    let mut visible = BTreeSet::new();
    for name in mem::take(&mut filter.member_names) {
        let query = UserListQuery {
            scope: users.clone(),
            filter: UserFilter { username: Some(name.clone()), ..UserFilter::default() },
            order: Vec::new(),
            offset: 0,
            limit: 1,
            max_bytes: service.policy.limits().page_bytes,
        };
        if traced(step!("list"), service.store.list_users(&query)).await?.count > 0 {
            visible.insert(name);
        }
    }
    filter.member_names = visible;
    Ok(filtered == (!filter.members.is_empty(), !filter.member_names.is_empty()))
}

/// Returns the visible rows, or the error if no row is visible.
fn require_nonempty<I>(scope: Scope<I>) -> Result<Scope<I>, AccessError> {
    match scope {
        Scope::Nothing => Err(AccessError::Forbidden(Denial::Permission(None))),
        some => Ok(some),
    }
}
