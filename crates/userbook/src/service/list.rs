//! Listing users and groups: who may see which, then one page of them.

use super::{
    AccessError, UserService,
    acting::view,
    trace::{operation, step, told},
};
use crate::{
    Actor, Denial, GroupColumn, GroupFilter, GroupListQuery, GroupPage, ListAuthorizer, Order, Scope,
    UserColumn, UserDirectory, UserFilter, UserListQuery, UserPage, UserStore,
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

impl<S: UserStore + UserDirectory, A: ListAuthorizer> UserService<S, A> {
    /// One page of the users that the actor may see.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`] if the actor may see none at all.
    pub async fn list_users(
        &self,
        actor: &Actor,
        listing: Listing<UserFilter, UserColumn>,
    ) -> Result<UserPage, AccessError> {
        told(operation!("userbook.list_users"), async {
            let own = self.own(actor).await?;
            let asked = self.authorizer.visible_users(actor, view(own.as_ref()));
            let scope = told(step!("authorize"), asked).await?;
            let Listing { filter, order, offset, limit } = listing;
            let query = UserListQuery { scope: seen(scope)?, filter, order, offset, limit };
            Ok(told(step!("list"), self.store.list_users(&query)).await?)
        })
        .await
    }

    /// One page of the groups that the actor may see.
    ///
    /// # Errors
    /// As [`UserService::list_users`].
    pub async fn list_groups(
        &self,
        actor: &Actor,
        listing: Listing<GroupFilter, GroupColumn>,
    ) -> Result<GroupPage, AccessError> {
        told(operation!("userbook.list_groups"), async {
            let own = self.own(actor).await?;
            let asked = self.authorizer.visible_groups(actor, view(own.as_ref()));
            let scope = told(step!("authorize"), asked).await?;
            let Listing { filter, order, offset, limit } = listing;
            let query = GroupListQuery { scope: seen(scope)?, filter, order, offset, limit };
            Ok(told(step!("list"), self.store.list_groups(&query)).await?)
        })
        .await
    }
}

/// What may be seen, unless it is nothing.
fn seen<I>(scope: Scope<I>) -> Result<Scope<I>, AccessError> {
    match scope {
        Scope::Nothing => Err(AccessError::Forbidden(Denial::Permission(None))),
        some => Ok(some),
    }
}
