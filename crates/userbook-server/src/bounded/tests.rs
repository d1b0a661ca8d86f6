use std::sync::Arc;

use tokio::time::sleep;
use userbook::{
    AccessError, AuthorizerErrorKind, NewUser, Outbox, Outcome, PermissionAuthorizer, StaticPermissions,
    UpdateError, UserService, UserUpdate,
};
use userbook_memory::MemoryStore;

use super::*;

const TIME: Duration = Duration::from_secs(1);

/// Answers after so long.
#[derive(Debug, Clone)]
struct Slow {
    inner: MemoryStore,
    load: Duration,
    commit: Duration,
}

#[async_trait]
impl UserStore for Slow {
    async fn load(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>, StoreError> {
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
}

fn everybody() -> PermissionAuthorizer<StaticPermissions> {
    PermissionAuthorizer::new(StaticPermissions::none())
}

async fn prepared() -> (MemoryStore, UserId) {
    let store = MemoryStore::new();
    let service = UserService::new(store.clone(), everybody());
    let ada = service.insert_user(&Actor::system(), NewUser::new("ada", "Ada")).await.unwrap();
    (store, ada.user.id)
}

fn slow(inner: &MemoryStore, load: u64, commit: u64) -> Bounded<Arc<dyn UserStore>> {
    let slow = Slow {
        inner: inner.clone(),
        load: Duration::from_millis(load),
        commit: Duration::from_millis(commit),
    };
    Bounded::new(Arc::new(slow), TIME)
}

async fn name(store: &MemoryStore, id: UserId) -> String {
    store.load(&SnapshotQuery::user(id)).await.unwrap().unwrap().user.name
}

#[tokio::test(start_paused = true)]
async fn a_load_that_hangs_is_given_up_and_nothing_was_written() {
    let (store, id) = prepared().await;
    let service = UserService::new(slow(&store, 60_000, 0), everybody()).with_limits(32, TIME);
    let failed = service.update_user(&Actor::system(), id, UserUpdate::patch().name("new")).await;
    let Err(UpdateError::Access(AccessError::Store(error))) = failed else { panic!("{failed:?}") };
    assert_eq!(error.kind, StoreErrorKind::Transient);
    sleep(Duration::from_mins(5)).await;
    assert_eq!(name(&store, id).await, "Ada");
}

#[tokio::test(start_paused = true)]
async fn an_authorizer_that_hangs_is_given_up_and_nothing_was_written() {
    let (store, id) = prepared().await;
    let service = UserService::new(slow(&store, 0, 0), Bounded::new(Hangs, TIME));
    let failed = service.update_user(&Actor::system(), id, UserUpdate::patch().name("new")).await;
    let Err(UpdateError::Access(AccessError::Authorizer(error))) = failed else { panic!("{failed:?}") };
    assert_eq!(error.kind, AuthorizerErrorKind::Transient);
    assert_eq!(name(&store, id).await, "Ada");
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_comes_late_is_found_and_told_as_done() {
    let (store, id) = prepared().await;
    let before = store.pending(100).await.unwrap().len();
    let service = UserService::new(slow(&store, 0, 2_500), everybody());
    let updated = service.update_user(&Actor::system(), id, UserUpdate::patch().name("new")).await.unwrap();
    assert!(matches!(updated.outcome, Outcome::Applied(_)));
    // Those that were sent after it, to be sure, change nothing.
    sleep(Duration::from_mins(1)).await;
    assert_eq!(name(&store, id).await, "new");
    assert_eq!(store.pending(100).await.unwrap().len(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_comes_too_late_is_never_told_as_not_written() {
    let (store, id) = prepared().await;
    let service = UserService::new(slow(&store, 0, 60_000), everybody()).with_limits(3, TIME);
    let failed = service.update_user(&Actor::system(), id, UserUpdate::patch().name("new")).await;
    let Err(UpdateError::Access(AccessError::Store(error))) = failed else { panic!("{failed:?}") };
    assert_eq!(error.kind, StoreErrorKind::Ambiguous);
    sleep(Duration::from_mins(5)).await;
    assert_eq!(name(&store, id).await, "new", "it was not cut");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_does_not_cut_a_commit() {
    let (store, id) = prepared().await;
    let service = UserService::new(slow(&store, 0, 500), everybody());
    let actor = Actor::system();
    let call = service.update_user(&actor, id, UserUpdate::patch().name("new"));
    assert!(timeout(Duration::from_millis(100), call.into_future()).await.is_err());
    sleep(TIME).await;
    assert_eq!(name(&store, id).await, "new");
}
