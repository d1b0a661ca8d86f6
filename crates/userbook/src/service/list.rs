//! Listing users and groups: who may see which, then one page of them.

use super::{
    AccessError, UserService,
    acting::view,
    trace::{operation, step, traced},
};
use crate::{
    Actor, ActorView, AuthorizerError, Denial, GroupColumn, GroupEntry, GroupFilter, GroupId, GroupListQuery,
    GroupPage, ListAuthorizer, ListStore, Order, Scope, UserColumn, UserFilter, UserId, UserListQuery,
    UserPage, UserStore,
};

/// What somebody wants to see of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<F, C> {
    /// What the rows must be like.
    pub filter: F,
    /// In which order.
    pub order: Vec<Order<C>>,
    /// How many to skip.
    pub offset: u64,
    /// How many at the most.
    pub limit: u32,
}

impl<S: UserStore + ListStore, A: ListAuthorizer> UserService<S, A> {
    /// One page of the users that the actor may see.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`] if the actor may see none at all.
    pub async fn list_users(
        &self,
        actor: &Actor,
        listing: Listing<UserFilter, UserColumn>,
    ) -> Result<UserPage, AccessError> {
        traced(operation!("userbook.list_users"), async {
            let own = self.own(actor).await?;
            let scope = seen(self.people(actor, view(own.as_ref())).await?)?;
            let Listing { filter, order, offset, limit } = listing;
            let query = UserListQuery { scope, filter, order, offset, limit };
            Ok(traced(step!("list"), self.store.list_users(&query)).await?)
        })
        .await
    }

    /// Whether the actor may see a list of users at all. What is wrong with a request for one may be traced then.
    ///
    /// # Errors
    /// As [`UserService::list_users`].
    pub async fn authorize_user_list(&self, actor: &Actor) -> Result<(), AccessError> {
        traced(operation!("userbook.admit_list"), async {
            let own = self.own(actor).await?;
            seen(self.people(actor, view(own.as_ref())).await?).map(drop)
        })
        .await
    }

    /// One page of the groups that the actor may see. Of their members those are traced whom the actor may see, too:
    /// the right to see a group is not the right to see people.
    ///
    /// # Errors
    /// As [`UserService::list_users`], of groups.
    pub async fn list_groups(
        &self,
        actor: &Actor,
        listing: Listing<GroupFilter, GroupColumn>,
    ) -> Result<GroupPage, AccessError> {
        traced(operation!("userbook.list_groups"), self.groups_page(actor, listing)).await
    }

    /// Whether the actor may see a list of groups at all.
    ///
    /// # Errors
    /// As [`UserService::list_groups`].
    pub async fn authorize_group_list(&self, actor: &Actor) -> Result<(), AccessError> {
        traced(operation!("userbook.admit_list"), async {
            let own = self.own(actor).await?;
            seen(self.groups(actor, view(own.as_ref())).await?).map(drop)
        })
        .await
    }

    /// Shows a group as [`UserService::list_groups`] does.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`] if the actor may see no group at all, [`AccessError::NotFound`] if not this one.
    pub async fn retrieve_group(&self, actor: &Actor, id: GroupId) -> Result<GroupEntry, AccessError> {
        traced(operation!("userbook.retrieve_group"), async {
            let filter = GroupFilter { id: Some(id), ..GroupFilter::default() };
            let listing = Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
            let page = self.groups_page(actor, listing).await?;
            page.groups.into_iter().next().ok_or(AccessError::NotFound)
        })
        .await
    }

    async fn groups_page(
        &self,
        actor: &Actor,
        listing: Listing<GroupFilter, GroupColumn>,
    ) -> Result<GroupPage, AccessError> {
        let own = self.own(actor).await?;
        let state = view(own.as_ref());
        let scope = seen(self.groups(actor, state).await?)?;
        let people = self.people(actor, state).await?;
        let Listing { mut filter, order, offset, limit } = listing;
        if !self.restrict_members(&mut filter, &people).await? {
            return Ok(GroupPage::default());
        }
        let query = GroupListQuery { scope, filter, order, offset, limit };
        let mut page = traced(step!("list"), self.store.list_groups(&query)).await?;
        for group in &mut page.groups {
            group.members.retain(|member| people.contains(&member.id));
        }
        Ok(page)
    }

    /// Takes members out of the filter whom the actor may not see, lest it tells where they are; `false` if nobody
    /// is left to look for.
    async fn restrict_members(
        &self,
        filter: &mut GroupFilter,
        people: &Scope<UserId>,
    ) -> Result<bool, AccessError> {
        if *people == Scope::Everything {
            return Ok(true);
        }
        let asked = (!filter.members.is_empty(), !filter.member_names.is_empty());
        filter.members.retain(|member| people.contains(member));
        for name in std::mem::take(&mut filter.member_names) {
            let named = UserFilter { username: Some(name.clone()), ..UserFilter::default() };
            let scope = people.clone();
            let query = UserListQuery { scope, filter: named, order: Vec::new(), offset: 0, limit: 1 };
            if traced(step!("list"), self.store.list_users(&query)).await?.count > 0 {
                filter.member_names.insert(name);
            }
        }
        Ok(asked == (!filter.members.is_empty(), !filter.member_names.is_empty()))
    }

    async fn people(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        traced(step!("authorize"), self.authorizer.visible_users(actor, state)).await
    }

    async fn groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        traced(step!("authorize"), self.authorizer.visible_groups(actor, state)).await
    }
}

/// What may be seen, unless it is nothing.
fn seen<I>(scope: Scope<I>) -> Result<Scope<I>, AccessError> {
    match scope {
        Scope::Nothing => Err(AccessError::Forbidden(Denial::Permission(None))),
        some => Ok(some),
    }
}
