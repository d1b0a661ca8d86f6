//! Properties that must hold for every interleaving of several writers, on any store.
//!
//! Every race runs for many rounds on one directory. Its writers start together, and no assertion depends on the
//! faster writer.

mod bulk;
mod claims;
mod fields;
mod insertions;
mod joining;
mod lockout;
mod transactions;
mod users;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::Barrier;
use userbook::{
    Actor, Authorizer, PermissionAuthorizer, StaticPermissions, Timestamp, User, UserId, UserService,
    authz::{AuthorizerError, Check, Resource, Verdicts},
    model::GroupGraph,
    service::Backoff,
    store::{BatchStore, ImportStore, Outbox},
};

pub use bulk::{a_bulk_decides_one_by_one, bulks_and_updates_are_all_there};
pub use claims::{
    a_username_is_no_address_of_another, one_owner_of_a_username, one_owner_of_an_address,
    one_owner_of_an_external_id,
};
pub use fields::{
    a_login_is_never_undone, different_fields_both_survive, merges_are_all_there, one_revision_one_winner,
};
pub use insertions::insertions_do_not_wait_for_each_other;
pub use joining::{first_member_or_revoked_status, join_or_grant, joins_and_leaves_are_all_there};
pub use lockout::{
    a_ring_by_every_way, helpers_deactivate_each_other, mutual_deactivation, ring_of_deactivations,
    the_host_retires_all,
};

/// A store that races can run on.
pub trait Store: BatchStore + ImportStore + Outbox + Clone {}

impl<S: BatchStore + ImportStore + Outbox + Clone> Store for S {}

/// An environment for races.
pub trait Ground: Sized + Send + Sync + 'static {
    /// The kind of store.
    type Store: Store;

    /// The number of rounds of each race; `USERBOOK_RACE_ROUNDS` overrides it.
    const ROUNDS: u32 = 1_000;

    /// The number of rounds of merges, 64 in each; `USERBOOK_RACE_ROUNDS` overrides it.
    const MERGE_ROUNDS: u32 = Self::ROUNDS;

    /// Whether pending events come in the order of their commits. Stores need not guarantee that order; if one does,
    /// races check it.
    const EVENTS_IN_COMMIT_ORDER: bool = false;

    /// Opens an empty store.
    fn open() -> impl Future<Output = Self> + Send;

    /// Returns the store.
    fn store(&self) -> &Self::Store;

    /// Writes `last_login` as a host does: directly, without a new revision.
    fn record_login(&self, user: UserId, time: Timestamp) -> impl Future<Output = ()> + Send;
}

fn rounds(default: u32) -> u32 {
    match std::env::var("USERBOOK_RACE_ROUNDS") {
        Ok(rounds) => rounds.parse().expect("USERBOOK_RACE_ROUNDS is a number"),
        Err(_) => default,
    }
}

/// Spreads out writers after a collision. Without this pause, sixteen writers of one row mostly invalidate each other.
#[derive(Debug)]
struct Spread;

#[async_trait]
impl Backoff for Spread {
    async fn pause(&self, attempt: u32) {
        if attempt > 1 {
            tokio::time::sleep(Duration::from_millis(u64::from(attempt.min(8)))).await;
        }
    }
}

type Service<G> = UserService<<G as Ground>::Store, YieldingAuthorizer>;

/// A service with generous limits: a writer loses an attempt only to a writer that succeeds.
fn service<G: Ground>(ground: &G, permissions: StaticPermissions) -> Arc<Service<G>> {
    let authorizer = YieldingAuthorizer::new(permissions);
    let service = UserService::new(ground.store().clone(), authorizer);
    Arc::new(service.with_limits(10_000, Duration::from_mins(10)).with_backoff(Spread))
}

/// Yields between load and commit, for varying times. On a store that never waits, writers would rarely collide.
#[derive(Debug)]
struct YieldingAuthorizer {
    inner: PermissionAuthorizer<StaticPermissions>,
    calls: AtomicU32,
}

impl YieldingAuthorizer {
    fn new(permissions: StaticPermissions) -> Self {
        Self { inner: PermissionAuthorizer::new(permissions), calls: AtomicU32::new(0) }
    }
}

#[async_trait]
impl Authorizer for YieldingAuthorizer {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        for _ in 0..self.calls.fetch_add(1, Relaxed) % 5 {
            tokio::task::yield_now().await;
        }
        self.inner.authorize(actor, resource, checks).await
    }

    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.inner.can_grant_superuser(user, groups).await
    }
}

/// Starts all futures at once and waits for all of them.
async fn together<T: Send + 'static>(
    racers: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let racers: Vec<_> = racers.into_iter().collect();
    let barrier = Arc::new(Barrier::new(racers.len()));
    let start = |racer| {
        let barrier = Arc::clone(&barrier);
        tokio::spawn(async move {
            barrier.wait().await;
            racer.await
        })
    };
    let started: Vec<_> = racers.into_iter().map(start).collect();
    let mut finished = Vec::new();
    for racer in started {
        finished.push(racer.await.expect("a racer panicked"));
    }
    finished
}

/// Expands to the tests of all races on one environment.
#[macro_export]
macro_rules! races {
    ($ground:ty: $($race:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $race() {
            $crate::races::$race::<$ground>().await;
        }
    )+};
    ($ground:ty) => {
        $crate::races!($ground:
            different_fields_both_survive,
            one_revision_one_winner,
            merges_are_all_there,
            a_login_is_never_undone,
            one_owner_of_a_username,
            one_owner_of_an_address,
            one_owner_of_an_external_id,
            a_username_is_no_address_of_another,
            mutual_deactivation,
            ring_of_deactivations,
            a_ring_by_every_way,
            the_host_retires_all,
            helpers_deactivate_each_other,
            join_or_grant,
            joins_and_leaves_are_all_there,
            first_member_or_revoked_status,
            a_bulk_decides_one_by_one,
            insertions_do_not_wait_for_each_other,
            bulks_and_updates_are_all_there,
        );
    };
}
