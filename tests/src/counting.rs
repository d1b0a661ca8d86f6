//! A store and an authorizer that record their calls.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use userbook::{
    Actor, Authorizer, GroupId, Timestamp, User, UserId, UserStore,
    authz::{ActorView, AuthorizerError, Check, ListAuthorizer, Resource, Verdicts},
    event::Event,
    model::{ChangeId, GroupGraph},
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, GroupListQuery, GroupPage, ImportData,
        ImportOutcome, ImportStore, ListStore, Outbox, OutboxLimit, PathListQuery, PathPage,
        ProvisioningChange, ProvisioningStore, Scope, Snapshot, SnapshotQuery, StoreError, UserListQuery,
        UserPage,
    },
};

use crate::fixture::AnyStore;

/// The calls of ports, in order. A description contains the requested facts, without ids and names.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn note(&self, call: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call.into());
    }

    /// Returns the calls since the previous `take`.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A store that records its calls.
#[derive(Debug)]
pub struct CountingStore {
    inner: AnyStore,
    journal: Journal,
}

impl CountingStore {
    /// Wraps `inner`.
    pub fn new(inner: AnyStore, journal: Journal) -> Self {
        Self { inner, journal }
    }
}

#[async_trait]
impl UserStore for CountingStore {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        let SnapshotQuery { target, username, login, email, groups, actor, other_superusers, change } = query;
        self.journal.note(format!(
            "load target={} username={} login={} email={} groups={} actor={} superusers={other_superusers} change={}",
            target.is_some(),
            username.is_some(),
            login.is_some(),
            email.is_some(),
            groups.len(),
            actor.is_some(),
            change.is_some(),
        ));
        self.inner.load(query).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.journal.note("commit");
        self.inner.commit(change).await
    }
}

#[async_trait]
impl ProvisioningStore for CountingStore {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        let directory = self.inner.load_directory(query).await?;
        self.journal.note(format!("load_directory positions={}", directory.shape.len()));
        Ok(directory)
    }

    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        self.journal.note("provision");
        self.inner.provision(change).await
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        self.journal.note("reserve_user_id");
        self.inner.reserve_user_id().await
    }
}

#[async_trait]
impl ListStore for CountingStore {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        self.journal.note("list_users");
        self.inner.list_users(query).await
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        self.journal.note("list_groups");
        self.inner.list_groups(query).await
    }

    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
        self.journal.note("list_paths");
        self.inner.list_paths(query).await
    }
}

#[async_trait]
impl Outbox for CountingStore {
    async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        self.inner.pending(limit).await
    }

    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        self.inner.ack(ids).await
    }

    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        self.inner.prune_before(time).await
    }
}

#[async_trait]
impl ImportStore for CountingStore {
    async fn import(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        self.inner.import(rows).await
    }

    async fn install_id(&self) -> Result<Option<String>, StoreError> {
        self.inner.install_id().await
    }
}

/// An authorizer that records its calls.
#[derive(Debug)]
pub struct CountingAuthorizer<A> {
    inner: A,
    journal: Journal,
}

impl<A> CountingAuthorizer<A> {
    /// Wraps `inner`.
    pub fn new(inner: A, journal: Journal) -> Self {
        Self { inner, journal }
    }
}

/// Describes the checks of a call. Checks that only decide how groups are rendered are left out, because they depend
/// on the user's groups.
fn describe(checks: &[Check]) -> String {
    let named =
        checks.iter().filter(|check| !matches!(check, Check::ViewGroup(_))).map(|check| match check {
            Check::Set(field) => format!("Set({field})"),
            other => format!("{other:?}").split('(').next().unwrap_or_default().to_owned(),
        });
    named.collect::<Vec<_>>().join(" ")
}

#[async_trait]
impl<A: Authorizer> Authorizer for CountingAuthorizer<A> {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        self.journal.note(format!("authorize {}", describe(checks)));
        self.inner.authorize(actor, resource, checks).await
    }

    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.journal.note("can_grant_superuser");
        self.inner.can_grant_superuser(user, groups).await
    }

    fn denies_all(&self, actor: &Actor) -> bool {
        self.inner.denies_all(actor)
    }
}

#[async_trait]
impl<A: ListAuthorizer> ListAuthorizer for CountingAuthorizer<A> {
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        self.journal.note("visible_users");
        self.inner.visible_users(actor, state).await
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        self.journal.note("visible_groups");
        self.inner.visible_groups(actor, state).await
    }
}
