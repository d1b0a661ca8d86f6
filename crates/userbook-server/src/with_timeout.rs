//! Ports with a timeout for every call to a database or an authorizer.
//!
//! A call that only reads is dropped after the timeout and fails as [`Transient`](StoreErrorKind::Transient): nothing
//! was written. A commit is never dropped. It continues in a separate task, also when the client has left, and fails
//! as [`Ambiguous`](StoreErrorKind::Ambiguous) after the timeout. The service then looks for the change.

use std::{collections::BTreeSet, future::Future, time::Duration};

use async_trait::async_trait;
use tokio::time::timeout;
use userbook::{
    Actor, Authorizer, GroupId, User, UserId, UserStore,
    authz::{ActorView, AuthorizerError, Check, ListAuthorizer, Resource, SystemPermission, Verdicts},
    model::GroupGraph,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, GroupListQuery, GroupPage, ListStore,
        PathListQuery, PathPage, ProvisioningChange, ProvisioningStore, Scope, Snapshot, SnapshotQuery,
        StoreError, StoreErrorKind, UserListQuery, UserPage,
    },
};
use userbook_http::{TokenHash, TokenRecord, TokenStore};

pub(crate) use tokens::AccountTokens;

/// A port with a timeout for every call.
#[derive(Debug, Clone)]
pub(crate) struct WithTimeout<T> {
    inner: T,
    time: Duration,
}

/// The call did not return in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
struct TimedOut(Duration);

/// The task of a commit ended without a result.
#[derive(Debug, thiserror::Error)]
#[error("the task of the commit failed")]
struct CommitTaskFailed(#[source] tokio::task::JoinError);

impl<T> WithTimeout<T> {
    pub(crate) fn new(inner: T, time: Duration) -> Self {
        Self { inner, time }
    }

    /// Runs a call that only reads.
    async fn read<O>(&self, call: impl Future<Output = Result<O, StoreError>>) -> Result<O, StoreError> {
        match timeout(self.time, call).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::new(StoreErrorKind::Transient, TimedOut(self.time))),
        }
    }

    async fn authorized<O>(
        &self,
        call: impl Future<Output = Result<O, AuthorizerError>>,
    ) -> Result<O, AuthorizerError> {
        match timeout(self.time, call).await {
            Ok(answer) => answer,
            Err(_) => Err(AuthorizerError::transient(TimedOut(self.time))),
        }
    }

    /// Runs a commit to its end.
    async fn write<O: Send + 'static>(
        &self,
        commit: impl Future<Output = Result<O, StoreError>> + Send + 'static,
    ) -> Result<O, StoreError> {
        match timeout(self.time, tokio::spawn(commit)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(ended)) => Err(StoreError::new(StoreErrorKind::Ambiguous, CommitTaskFailed(ended))),
            Err(_) => Err(StoreError::new(StoreErrorKind::Ambiguous, TimedOut(self.time))),
        }
    }
}

#[async_trait]
impl<T: UserStore + Clone> UserStore for WithTimeout<T> {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        self.read(self.inner.load(query)).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let (store, change) = (self.inner.clone(), change.clone());
        self.write(async move { store.commit(&change).await }).await
    }
}

#[async_trait]
impl<T: ProvisioningStore + Clone> ProvisioningStore for WithTimeout<T> {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        self.read(self.inner.load_directory(query)).await
    }

    async fn provision(&self, provision: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        let (store, provision) = (self.inner.clone(), provision.clone());
        self.write(async move { store.provision(&provision).await }).await
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        let store = self.inner.clone();
        self.write(async move { store.reserve_user_id().await }).await
    }
}

#[async_trait]
impl<T: ListStore> ListStore for WithTimeout<T> {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        self.read(self.inner.list_users(query)).await
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        self.read(self.inner.list_groups(query)).await
    }

    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
        self.read(self.inner.list_paths(query)).await
    }
}

#[async_trait]
impl<T: TokenStore> TokenStore for WithTimeout<T> {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        self.read(self.inner.find(hash)).await
    }
}

#[async_trait]
impl<T: Authorizer> Authorizer for WithTimeout<T> {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        self.authorized(self.inner.authorize(actor, resource, checks)).await
    }

    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.authorized(self.inner.can_grant_superuser(user, groups)).await
    }

    fn denies_all(&self, actor: &Actor) -> bool {
        self.inner.denies_all(actor)
    }
}

#[async_trait]
impl<T: ListAuthorizer> ListAuthorizer for WithTimeout<T> {
    async fn visible_users(
        &self,
        actor: &Actor,
        view: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        self.authorized(self.inner.visible_users(actor, view)).await
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        view: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        self.authorized(self.inner.visible_groups(actor, view)).await
    }

    async fn system_permissions(
        &self,
        actor: &Actor,
        view: Option<ActorView<'_>>,
    ) -> Result<BTreeSet<SystemPermission>, AuthorizerError> {
        self.authorized(self.inner.system_permissions(actor, view)).await
    }
}

mod connections;
#[cfg(test)]
mod tests;
mod tokens;
