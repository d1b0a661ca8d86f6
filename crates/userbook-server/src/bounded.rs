//! Ports that answer in time: what is asked of a database or an authorizer ends, whatever happens to it.
//!
//! What is only read is given up when its time is over, and that is [`Transient`](StoreErrorKind::Transient):
//! nothing was written. A commit is never cut. It goes on in a task of its own, also when the client has left
//! meanwhile, and when its time is over it is [`Ambiguous`](StoreErrorKind::Ambiguous): the service then asks
//! whether it has change_committed, and says what it knows.

use std::{future::Future, time::Duration};

use async_trait::async_trait;
use tokio::time::timeout;
use userbook::{
    Actor, ActorView, Authorizer, AuthorizerError, ChangeSet, Check, CommitOutcome, DirectoryQuery,
    DirectorySnapshot, GroupId, GroupListQuery, GroupPage, ListAuthorizer, ListStore, ProvisioningChange,
    ProvisioningStore, Resource, Scope, Snapshot, SnapshotQuery, StoreError, StoreErrorKind, UserId,
    UserListQuery, UserPage, UserStore, Verdicts,
};
use userbook_http::{TokenHash, TokenRecord, TokenStore};

/// A port whose answers come in time.
#[derive(Debug, Clone)]
pub(crate) struct Bounded<T> {
    inner: T,
    time: Duration,
}

/// There was no answer in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
struct Late(Duration);

/// The task of a commit ended without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the commit broke off")]
struct BrokeOff(#[source] tokio::task::JoinError);

impl<T> Bounded<T> {
    pub(crate) fn new(inner: T, time: Duration) -> Self {
        Self { inner, time }
    }

    /// Asks something that writes nothing.
    async fn ask<O>(&self, question: impl Future<Output = Result<O, StoreError>>) -> Result<O, StoreError> {
        match timeout(self.time, question).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::new(StoreErrorKind::Transient, Late(self.time))),
        }
    }

    async fn judge<O>(
        &self,
        question: impl Future<Output = Result<O, AuthorizerError>>,
    ) -> Result<O, AuthorizerError> {
        match timeout(self.time, question).await {
            Ok(answer) => answer,
            Err(_) => Err(AuthorizerError::transient(Late(self.time))),
        }
    }

    /// Writes, to the end.
    async fn write<O: Send + 'static>(
        &self,
        commit: impl Future<Output = Result<O, StoreError>> + Send + 'static,
    ) -> Result<O, StoreError> {
        match timeout(self.time, tokio::spawn(commit)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(ended)) => Err(StoreError::new(StoreErrorKind::Ambiguous, BrokeOff(ended))),
            Err(_) => Err(StoreError::new(StoreErrorKind::Ambiguous, Late(self.time))),
        }
    }
}

#[async_trait]
impl<T: UserStore + Clone> UserStore for Bounded<T> {
    async fn load(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>, StoreError> {
        self.ask(self.inner.load(query)).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let (store, change) = (self.inner.clone(), change.clone());
        self.write(async move { store.commit(&change).await }).await
    }
}

#[async_trait]
impl<T: ProvisioningStore + Clone> ProvisioningStore for Bounded<T> {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        self.ask(self.inner.load_directory(query)).await
    }

    async fn provision(&self, provision: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        let (store, provision) = (self.inner.clone(), provision.clone());
        self.write(async move { store.provision(&provision).await }).await
    }
}

#[async_trait]
impl<T: ListStore> ListStore for Bounded<T> {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        self.ask(self.inner.list_users(query)).await
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        self.ask(self.inner.list_groups(query)).await
    }
}

#[async_trait]
impl<T: TokenStore> TokenStore for Bounded<T> {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        self.ask(self.inner.find(hash)).await
    }
}

#[async_trait]
impl<T: Authorizer> Authorizer for Bounded<T> {
    async fn authorize(
        &self,
        actor: &Actor,
        target: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        self.judge(self.inner.authorize(actor, target, checks)).await
    }
}

#[async_trait]
impl<T: ListAuthorizer> ListAuthorizer for Bounded<T> {
    async fn visible_users(
        &self,
        actor: &Actor,
        view: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        self.judge(self.inner.visible_users(actor, view)).await
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        view: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        self.judge(self.inner.visible_groups(actor, view)).await
    }
}

#[cfg(test)]
mod tests;
