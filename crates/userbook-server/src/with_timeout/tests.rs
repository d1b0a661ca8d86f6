use std::sync::Arc;

use tokio::time::sleep;
use userbook::{
    AccessError, NewUser, Outcome, PermissionAuthorizer, StaticPermissions, UpdateError, UserService,
    UserUpdate,
    authz::AuthorizerErrorKind,
    store::{Outbox, OutboxLimit},
};
use userbook_memory::MemoryStore;

use super::*;

const ALL: OutboxLimit = OutboxLimit { events: 100, bytes: u64::MAX };
const TIME: Duration = Duration::from_secs(1);

/// A store with delays.
#[derive(Debug, Clone)]
struct Slow {
    inner: MemoryStore,
    load: Duration,
    commit: Duration,
}

#[async_trait]
impl UserStore for Slow {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        sleep(self.load).await;
        self.inner.load(query).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        sleep(self.commit).await;
        self.inner.commit(change).await
    }
}

#[derive(Debug)]
struct Hangs;

#[async_trait]
impl Authorizer for Hangs {
    async fn authorize(&self, _: &Actor, _: Resource<'_>, _: &[Check]) -> Result<Verdicts, AuthorizerError> {
        std::future::pending().await
    }

    async fn can_grant_superuser(&self, _: &User, _: &GroupGraph) -> Result<bool, AuthorizerError> {
        std::future::pending().await
    }
}

fn superusers_only() -> PermissionAuthorizer<StaticPermissions> {
    PermissionAuthorizer::new(StaticPermissions::none())
}

async fn prepared() -> (MemoryStore, UserId) {
    let store = MemoryStore::new();
    let service = UserService::new(store.clone(), superusers_only());
    let ada = service.insert_user(&Actor::system(), NewUser::new("ada", "Ada")).await.unwrap();
    (store, ada.view.user.id)
}

fn slow(inner: &MemoryStore, load: u64, commit: u64) -> WithTimeout<Arc<dyn UserStore>> {
    let slow = Slow {
        inner: inner.clone(),
        load: Duration::from_millis(load),
        commit: Duration::from_millis(commit),
    };
    WithTimeout::new(Arc::new(slow), TIME)
}

async fn name(store: &MemoryStore, id: UserId) -> String {
    store.load(&SnapshotQuery::user(id)).await.unwrap().user.unwrap().name
}

#[tokio::test(start_paused = true)]
async fn hanging_loads_time_out_as_transient() {
    let (store, id) = prepared().await;
    let service = UserService::new(slow(&store, 60_000, 0), superusers_only()).with_limits(32, TIME);
    let failed = service.update_user(&Actor::system(), id, UserUpdate::patch().name("new")).await;
    let Err(UpdateError::Access(AccessError::Store(error))) = failed else { panic!("{failed:?}") };
    assert_eq!(error.kind, StoreErrorKind::Transient);
    sleep(Duration::from_mins(5)).await;
    assert_eq!(name(&store, id).await, "Ada");
}

#[tokio::test(start_paused = true)]
async fn hanging_authorizers_time_out_as_transient() {
    let (store, id) = prepared().await;
    let service = UserService::new(slow(&store, 0, 0), WithTimeout::new(Hangs, TIME));
    let failed = service.update_user(&Actor::system(), id, UserUpdate::patch().name("new")).await;
    let Err(UpdateError::Access(AccessError::Authorizer(error))) = failed else { panic!("{failed:?}") };
    assert_eq!(error.kind, AuthorizerErrorKind::Transient);
    assert_eq!(name(&store, id).await, "Ada");
}

#[tokio::test(start_paused = true)]
async fn late_commits_are_found() {
    let (store, id) = prepared().await;
    let before = store.pending(ALL).await.unwrap().len();
    let service = UserService::new(slow(&store, 0, 2_500), superusers_only());
    let updated = service.update_user(&Actor::system(), id, UserUpdate::patch().name("new")).await.unwrap();
    assert!(matches!(updated.outcome, Outcome::Applied(_)));
    // Repeated commits change nothing.
    sleep(Duration::from_mins(1)).await;
    assert_eq!(name(&store, id).await, "new");
    assert_eq!(store.pending(ALL).await.unwrap().len(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn commits_that_stay_in_doubt_are_ambiguous() {
    let (store, id) = prepared().await;
    let service = UserService::new(slow(&store, 0, 60_000), superusers_only()).with_limits(3, TIME);
    let failed = service.update_user(&Actor::system(), id, UserUpdate::patch().name("new")).await;
    let Err(UpdateError::Access(AccessError::Store(error))) = failed else { panic!("{failed:?}") };
    assert_eq!(error.kind, StoreErrorKind::Ambiguous);
    sleep(Duration::from_mins(5)).await;
    assert_eq!(name(&store, id).await, "new", "the commit was not cancelled");
}

#[tokio::test(start_paused = true)]
async fn dropped_callers_do_not_cancel_commits() {
    let (store, id) = prepared().await;
    let service = UserService::new(slow(&store, 0, 500), superusers_only());
    let actor = Actor::system();
    let call = service.update_user(&actor, id, UserUpdate::patch().name("new"));
    assert!(timeout(Duration::from_millis(100), call.into_future()).await.is_err());
    sleep(TIME).await;
    assert_eq!(name(&store, id).await, "new");
}

/// The core treats a user as privileged if the authorizer cannot decide whether the user can grant superuser status.
#[tokio::test(start_paused = true)]
async fn hanging_grant_check_is_an_error() {
    let (store, id) = prepared().await;
    let user = store.load(&SnapshotQuery::user(id)).await.unwrap().user.unwrap();
    let answer = WithTimeout::new(Hangs, TIME).can_grant_superuser(&user, &GroupGraph::default()).await;
    assert_eq!(answer.unwrap_err().kind, AuthorizerErrorKind::Transient);
}
