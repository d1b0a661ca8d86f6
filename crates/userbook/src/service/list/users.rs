//! Lists users.

use std::{collections::BTreeSet, time::Duration};

use super::{Listing, is_possible, require_some};
use crate::{
    authz::{Actor, ListAuthorizer},
    model::{Group, GroupId, UserId},
    policy::Safeguard,
    service::{
        AccessError, ListError, UserService,
        access::actor_view,
        trace::{SpanOutcome, operation, step, traced},
    },
    store::{
        GroupFilter, ListStore, PathListQuery, Scope, Snapshot, UserColumn, UserFilter, UserListQuery,
        UserStore,
    },
    view::UserView,
};

/// One page of users, as the actor sees them.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
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
    /// The start, by the monotonic clock.
    since: Duration,
}

impl<S, A> SpanOutcome for AuthorizedUserList<'_, S, A> {
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
            let since = self.clock.monotonic();
            let snapshot = self.load_actor(actor).await?;
            let scope = self.visible_users(actor, actor_view(&snapshot)).await?;
            let query = |scope| UserListQuery {
                scope,
                filter: UserFilter::default(),
                order: Vec::new(),
                offset: 0,
                limit: 0,
                max_bytes: u64::MAX,
            };
            let count = async |scope| Ok(self.store.list_users(&query(scope)).await?.count);
            let scope = require_some(&snapshot, scope, count).await?;
            Ok(AuthorizedUserList { service: self, actor, snapshot, scope, since })
        })
        .await
    }
}

impl<S: UserStore + ListStore, A: ListAuthorizer> AuthorizedUserList<'_, S, A> {
    /// Returns the groups that a filter may name by these ids, and those that it may name by these names: under
    /// [`Safeguard::HideGroups`] the groups that the actor may view, otherwise all.
    ///
    /// # Errors
    /// [`ListError`].
    pub async fn groups_named(
        &self,
        ids: BTreeSet<GroupId>,
        names: BTreeSet<String>,
    ) -> Result<(Vec<Group>, Vec<Group>), ListError> {
        let by_id = GroupFilter { ids, ..GroupFilter::default() };
        let by_name = GroupFilter { names, ..GroupFilter::default() };
        if by_id == by_name {
            return Ok((Vec::new(), Vec::new()));
        }
        let scope = self.visible_groups().await?;
        let find = async |filter| self.service.find_groups(self.since, &scope, filter, false).await;
        Ok((find(by_id).await?, find(by_name).await?))
    }

    async fn visible_groups(&self) -> Result<Scope<GroupId>, ListError> {
        if !self.service.policy.has(Safeguard::HideGroups) {
            return Ok(Scope::Everything);
        }
        Ok(self.service.visible_groups(self.actor, actor_view(&self.snapshot)).await?)
    }

    /// Returns one page.
    ///
    /// # Errors
    /// [`ListError`].
    pub async fn page(self, listing: Listing<UserFilter, UserColumn>) -> Result<UserViews, ListError> {
        traced(operation!("userbook.list_users"), self.load_page(listing)).await
    }

    async fn load_page(self, listing: Listing<UserFilter, UserColumn>) -> Result<UserViews, ListError> {
        let groups = self.visible_groups().await?;
        let Self { service, scope, since, .. } = self;
        let Listing { filter, order, offset, limit } = listing;
        let Some(filter) = service.user_filter(filter, &groups)? else { return Ok(UserViews::default()) };
        let max_bytes = service.policy.limits().page_bytes;
        let query = UserListQuery { scope, filter, order, offset, limit, max_bytes };
        let page = traced(step!("list"), service.in_time(since, service.store.list_users(&query))).await?;
        if page.too_large {
            return Err(ListError::PageTooLarge { limit: max_bytes });
        }
        let view = |user| UserView::with_groups(user, &page.groups, |id| groups.contains(&id));
        Ok(UserViews { users: page.users.into_iter().map(view).collect(), count: page.count })
    }

    /// Returns the different paths of the matching users.
    ///
    /// # Errors
    /// [`ListError`].
    pub async fn paths(self, filter: UserFilter) -> Result<BTreeSet<String>, ListError> {
        traced(operation!("userbook.list_paths"), self.load_paths(filter)).await
    }

    async fn load_paths(self, filter: UserFilter) -> Result<BTreeSet<String>, ListError> {
        let groups = self.visible_groups().await?;
        let Self { service, scope, since, .. } = self;
        let Some(filter) = service.user_filter(filter, &groups)? else { return Ok(BTreeSet::new()) };
        let max_bytes = service.policy.limits().page_bytes;
        let query = PathListQuery { scope, filter, max_bytes };
        let page = traced(step!("list"), service.in_time(since, service.store.list_paths(&query))).await?;
        if page.too_large {
            return Err(ListError::PageTooLarge { limit: max_bytes });
        }
        Ok(page.paths)
    }
}

impl<S, A> UserService<S, A> {
    /// Returns the filter as the store applies it. Groups that the actor may not view are removed, so that the filter
    /// does not reveal their members. `None`: no row can match any more.
    fn user_filter(
        &self,
        mut filter: UserFilter,
        groups: &Scope<GroupId>,
    ) -> Result<Option<UserFilter>, ListError> {
        self.check_filter(&filter.attributes)?;
        if let Some(superuser) = &mut filter.is_superuser {
            superuser.inherited = self.policy.has(Safeguard::InheritedSuperuserFilter);
        }
        Ok(is_possible(&mut filter.groups, groups).then_some(filter))
    }
}
