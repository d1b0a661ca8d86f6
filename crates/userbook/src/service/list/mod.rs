//! Lists users and groups: determines the visible rows, then reads one page.

mod groups;
mod relatives;
mod users;

use std::{collections::BTreeSet, time::Duration};

pub use groups::AuthorizedGroupList;
pub use relatives::{GroupRelatives, RelativesQuery};
pub use users::{AuthorizedUserList, UserViews};

use super::{
    AccessError, ListError, UserService,
    trace::{step, traced},
};
use crate::{
    authz::{Actor, ActorView, AuthorizerError, ListAuthorizer},
    decision::Denial,
    model::{GroupId, UserId, UserType},
    store::{AttributeCondition, Order, ROW_BYTES, Scope, Scoped, Snapshot, StoreError},
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

impl<S, A: ListAuthorizer> UserService<S, A> {
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        traced(step!("authorize"), self.authorizer().visible_users(actor, state)).await
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        traced(step!("authorize"), self.authorizer().visible_groups(actor, state)).await
    }
}

impl<S, A> UserService<S, A> {
    fn check_filter(&self, attributes: &[AttributeCondition]) -> Result<(), ListError> {
        let limit = self.policy.limits().filter_nodes;
        let count = attributes.iter().map(AttributeCondition::nodes).sum();
        if count > limit { Err(ListError::FilterTooLarge { limit, count }) } else { Ok(()) }
    }

    /// Runs a query of an operation that began at `since`. All queries together have
    /// [`Limits::search_time`](crate::Limits::search_time).
    pub(super) async fn in_time<T>(
        &self,
        since: Duration,
        query: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, ListError> {
        let limit = self.policy.limits().search_time;
        match crate::service::deadline::within(&*self.clock, since.saturating_add(limit), query).await {
            Some(answer) => Ok(answer?),
            None => Err(ListError::TooSlow { limit }),
        }
    }
}

/// Returns a number of rows that exceeds `max_bytes`, whatever the rows contain: no page needs more.
fn max_rows(max_bytes: u64) -> u32 {
    u32::try_from(max_bytes / ROW_BYTES + 1).unwrap_or(u32::MAX)
}

/// Returns the visible rows, or the error if no row is visible. As recorded, an internal service account gets an empty
/// list instead. `count` counts the listed rows of a scope: a permission on an object that is not listed shows nothing.
async fn require_some<I: Scoped>(
    snapshot: &Snapshot,
    scope: Scope<I>,
    count: impl AsyncFnOnce(Scope<I>) -> Result<u64, StoreError>,
) -> Result<Scope<I>, AccessError> {
    let is_internal = |snapshot: &Snapshot| {
        snapshot.actor.as_ref().is_some_and(|actor| actor.user_type == UserType::InternalServiceAccount)
    };
    let is_denied = match &scope {
        Scope::Everything => false,
        Scope::Nothing => true,
        // The authorizer decided to show an empty list.
        Scope::Only(some) if I::is_empty(some) || is_internal(snapshot) => false,
        some @ Scope::Only(_) => count(some.clone()).await? == 0,
    };
    if is_denied { Err(AccessError::Forbidden(Denial::Permission(None))) } else { Ok(scope) }
}

/// Removes invisible groups from the sets of a filter. Returns `false` if no row can match any more.
fn is_possible(wanted: &mut [BTreeSet<GroupId>], visible: &Scope<GroupId>) -> bool {
    wanted.iter_mut().all(|ids| {
        ids.retain(|id| visible.contains(id));
        !ids.is_empty()
    })
}
