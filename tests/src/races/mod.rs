//! What must hold however the steps of several writers interleave, on any store.
//!
//! Every race is run for many rounds on one directory; its writers are let go together, and nothing that is
//! asserted depends on who is faster.

mod fields;
mod joining;
mod lockout;
mod people;

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
    UserStore,
    authz::{AuthorizerError, Check, Resource, Verdicts},
    model::GroupGraph,
    service::Backoff,
    store::{ImportStore, Outbox, ProvisioningStore},
};

pub use fields::{
    a_login_is_never_undone, different_fields_both_survive, merges_are_all_there, one_revision_one_winner,
};
pub use joining::{first_member_or_no_power, join_or_power, joins_and_leaves_are_all_there};
pub use lockout::{
    a_ring_by_every_way, helpers_deactivate_each_other, mutual_deactivation, ring_of_deactivations,
    the_host_retires_all,
};

/// A store that races can be run on.
pub trait Store: UserStore + ProvisioningStore + ImportStore + Outbox + Clone {}

impl<S: UserStore + ProvisioningStore + ImportStore + Outbox + Clone> Store for S {}

/// Where races are run.
pub trait Ground: Sized + Send + Sync + 'static {
    /// The kind of store.
    type Store: Store;

    /// How many rounds each race is run for; `USERBOOK_RACE_ROUNDS` overrides it.
    const ROUNDS: u32 = 1_000;

    /// How many rounds of merges, 64 in each; `USERBOOK_RACE_ROUNDS` overrides it.
    const MERGE_ROUNDS: u32 = Self::ROUNDS;

    /// Whether pending events come in the order of their commits. No store need promise that; where one does, more
    /// can be told.
    const EVENTS_IN_COMMIT_ORDER: bool = false;

    /// An empty store.
    fn open() -> impl Future<Output = Self> + Send;

    /// The store.
    fn store(&self) -> &Self::Store;

    /// Writes `last_login` as a host does it: behind the service's back, the revision stays.
    fn record_login(&self, user: UserId, time: Timestamp) -> impl Future<Output = ()> + Send;
}

fn rounds(default: u32) -> u32 {
    match std::env::var("USERBOOK_RACE_ROUNDS") {
        Ok(rounds) => rounds.parse().expect("USERBOOK_RACE_ROUNDS is a number"),
        Err(_) => default,
    }
}

/// Spreads out writers that collided: without it, sixteen of them on one row mostly undo one another's attempts.
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

type Service<G> = UserService<<G as Ground>::Store, Ponders>;

/// A service that gives up only when something is wrong: a writer loses an attempt only to somebody who wins.
fn service<G: Ground>(ground: &G, permissions: StaticPermissions) -> Arc<Service<G>> {
    let authorizer = Ponders::new(permissions);
    let service = UserService::new(ground.store().clone(), authorizer);
    Arc::new(service.with_limits(10_000, Duration::from_mins(10)).with_backoff(Spread))
}

/// Lets others run between a load and its commit, now for longer and now for shorter: on a store that never
/// waits, writers would hardly ever meet.
#[derive(Debug)]
struct Ponders {
    inner: PermissionAuthorizer<StaticPermissions>,
    asked: AtomicU32,
}

impl Ponders {
    fn new(permissions: StaticPermissions) -> Self {
        Self { inner: PermissionAuthorizer::new(permissions), asked: AtomicU32::new(0) }
    }
}

#[async_trait]
impl Authorizer for Ponders {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        for _ in 0..self.asked.fetch_add(1, Relaxed) % 5 {
            tokio::task::yield_now().await;
        }
        self.inner.authorize(actor, resource, checks).await
    }

    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.inner.can_grant_superuser(user, groups).await
    }
}

/// Lets all of them go at once and waits for all of them.
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

/// The tests of all races on one ground.
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
            mutual_deactivation,
            ring_of_deactivations,
            a_ring_by_every_way,
            the_host_retires_all,
            helpers_deactivate_each_other,
            join_or_power,
            joins_and_leaves_are_all_there,
            first_member_or_no_power,
        );
    };
}
