//! A store, an authorizer, a clock and a back-off that follow a script.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use userbook::{
    Actor, Authorizer, Timestamp, User, UserId, UserService, UserStore,
    authz::{AuthorizerError, Check, Resource, Verdict, Verdicts},
    clock::{ChangeIds, Clock},
    event::Event,
    model::{ChangeId, GroupGraph},
    service::Backoff,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, Outbox, OutboxLimit, ProvisioningChange,
        ProvisioningStore, Scope, Snapshot, SnapshotQuery, StoreError, StoreErrorKind,
    },
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

use crate::users::directory;

/// The scripted result of the next call.
pub(crate) enum Step<O> {
    /// The store runs the call.
    Pass,
    /// The store returns this result without running the call.
    Answer(O),
    /// The store fails without running the call.
    Fail(StoreErrorKind),
    /// The store runs the call and reports an error.
    DoneAndFail(StoreErrorKind),
    /// The store reports an error, and applies the commit just before the read with this number from now on.
    FailAndLand(StoreErrorKind, u32),
}

/// A commit that is applied later.
#[derive(Clone)]
enum Late {
    Update(Box<ChangeSet>),
    Provisioning(ProvisioningChange),
}

/// A memory store with a script for each method; unscripted calls run normally.
#[derive(Clone)]
pub(crate) struct ScriptedStore {
    pub(crate) inner: MemoryStore,
    loads: Arc<Mutex<VecDeque<Step<()>>>>,
    commits: Arc<Mutex<VecDeque<Step<CommitOutcome>>>>,
    provisions: Arc<Mutex<VecDeque<Step<CommitOutcome>>>>,
    late: Arc<Mutex<Option<(u32, Late)>>>,
    pub(crate) queries: Arc<Mutex<Vec<SnapshotQuery>>>,
    pub(crate) directory_queries: Arc<Mutex<Vec<DirectoryQuery>>>,
    pub(crate) changes: Arc<Mutex<Vec<ChangeSet>>>,
    pub(crate) provisioned: Arc<Mutex<Vec<ProvisioningChange>>>,
}

impl std::fmt::Debug for ScriptedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedStore").finish_non_exhaustive()
    }
}

fn error(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "scripted error")
}

fn next<O>(script: &Mutex<VecDeque<Step<O>>>) -> Step<O> {
    script.lock().unwrap().pop_front().unwrap_or(Step::Pass)
}

impl ScriptedStore {
    pub(crate) async fn new() -> Self {
        Self {
            inner: directory().await,
            loads: Arc::default(),
            commits: Arc::default(),
            provisions: Arc::default(),
            late: Arc::default(),
            queries: Arc::default(),
            directory_queries: Arc::default(),
            changes: Arc::default(),
            provisioned: Arc::default(),
        }
    }

    pub(crate) fn on_load(self, steps: impl IntoIterator<Item = Step<()>>) -> Self {
        self.loads.lock().unwrap().extend(steps);
        self
    }

    pub(crate) fn on_commit(self, steps: impl IntoIterator<Item = Step<CommitOutcome>>) -> Self {
        self.commits.lock().unwrap().extend(steps);
        self
    }

    pub(crate) fn on_provision(self, steps: impl IntoIterator<Item = Step<CommitOutcome>>) -> Self {
        self.provisions.lock().unwrap().extend(steps);
        self
    }

    /// Counts a read, and applies a late commit when its read is due.
    async fn apply_late(&self) {
        let due = {
            let mut late = self.late.lock().unwrap();
            match late.take() {
                Some((1, commit)) => Some(commit),
                Some((reads, commit)) => {
                    *late = Some((reads - 1, commit));
                    None
                }
                None => None,
            }
        };
        match due {
            Some(Late::Update(change)) => {
                assert_eq!(self.inner.commit(&change).await.unwrap(), CommitOutcome::Applied);
            }
            Some(Late::Provisioning(change)) => {
                assert_eq!(self.inner.provision(&change).await.unwrap(), CommitOutcome::Applied);
            }
            None => {}
        }
    }

    pub(crate) async fn stored(&self, id: UserId) -> User {
        self.inner.load(&SnapshotQuery::user(id)).await.unwrap().user.unwrap()
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        self.inner.pending(OutboxLimit { events: u32::MAX, bytes: u64::MAX }).await.unwrap()
    }

    pub(crate) fn loads(&self) -> usize {
        self.queries.lock().unwrap().len()
    }

    pub(crate) fn commits(&self) -> usize {
        self.changes.lock().unwrap().len()
    }
}

#[async_trait]
impl UserStore for ScriptedStore {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        self.apply_late().await;
        self.queries.lock().unwrap().push(query.clone());
        match next(&self.loads) {
            Step::Pass => self.inner.load(query).await,
            Step::Answer(()) => Ok(Snapshot::default()),
            Step::Fail(kind) | Step::DoneAndFail(kind) | Step::FailAndLand(kind, _) => Err(error(kind)),
        }
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.changes.lock().unwrap().push(change.clone());
        match next(&self.commits) {
            Step::Pass => self.inner.commit(change).await,
            Step::Answer(outcome) => Ok(outcome),
            Step::Fail(kind) => Err(error(kind)),
            Step::DoneAndFail(kind) => {
                assert_eq!(self.inner.commit(change).await.unwrap(), CommitOutcome::Applied);
                Err(error(kind))
            }
            Step::FailAndLand(kind, reads) => {
                *self.late.lock().unwrap() = Some((reads, Late::Update(Box::new(change.clone()))));
                Err(error(kind))
            }
        }
    }
}

#[async_trait]
impl ProvisioningStore for ScriptedStore {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        self.apply_late().await;
        self.directory_queries.lock().unwrap().push(query.clone());
        self.inner.load_directory(query).await
    }

    async fn provision(&self, provision: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        self.provisioned.lock().unwrap().push(provision.clone());
        match next(&self.provisions) {
            Step::Pass => self.inner.provision(provision).await,
            Step::Answer(outcome) => Ok(outcome),
            Step::Fail(kind) => Err(error(kind)),
            Step::DoneAndFail(kind) => {
                assert_eq!(self.inner.provision(provision).await.unwrap(), CommitOutcome::Applied);
                Err(error(kind))
            }
            Step::FailAndLand(kind, reads) => {
                *self.late.lock().unwrap() = Some((reads, Late::Provisioning(provision.clone())));
                Err(error(kind))
            }
        }
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        self.inner.reserve_user_id().await
    }
}

type Answer = dyn Fn(&[Check]) -> Result<Verdicts, AuthorizerError> + Send + Sync;

/// Returns verdicts from a function of the checks, and counts the calls.
#[derive(Clone)]
pub(crate) struct ScriptedAuthorizer {
    answer: Arc<Answer>,
    /// Whether the verdicts contain the visible groups: all of them.
    names_groups: bool,
    pub(crate) calls: Arc<AtomicU64>,
    /// The number of calls of `can_grant_superuser`.
    pub(crate) grant_questions: Arc<AtomicU64>,
}

impl ScriptedAuthorizer {
    pub(crate) fn all(verdict: Verdict) -> Self {
        Self::by(move |checks| Ok(checks.iter().map(|_| verdict.clone()).collect()))
    }

    pub(crate) fn by(
        answer: impl Fn(&[Check]) -> Result<Verdicts, AuthorizerError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            answer: Arc::new(answer),
            names_groups: true,
            calls: Arc::default(),
            grant_questions: Arc::default(),
        }
    }
}

impl ScriptedAuthorizer {
    /// Answers a check for each group instead.
    pub(crate) fn checking_groups(self) -> Self {
        Self { names_groups: false, ..self }
    }
}

impl std::fmt::Debug for ScriptedAuthorizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedAuthorizer").finish_non_exhaustive()
    }
}

#[async_trait]
impl Authorizer for ScriptedAuthorizer {
    async fn authorize(
        &self,
        _actor: &Actor,
        _resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        self.calls.fetch_add(1, Relaxed);
        let verdicts = (self.answer)(checks)?;
        Ok(if self.names_groups { verdicts.with_visible_groups(Scope::Everything) } else { verdicts })
    }

    async fn can_grant_superuser(&self, _user: &User, _groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.grant_questions.fetch_add(1, Relaxed);
        Ok(false)
    }
}

/// A clock that advances by a fixed step with every reading.
#[derive(Debug, Default)]
pub(crate) struct Ticking {
    step: Duration,
    looks: AtomicU64,
}

impl Ticking {
    pub(crate) fn by(step: Duration) -> Self {
        Self { step, looks: AtomicU64::new(0) }
    }
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        self.step * u32::try_from(self.looks.fetch_add(1, Relaxed)).unwrap()
    }
}

/// A clock that tests set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settable(Arc<Mutex<Duration>>);

impl Settable {
    pub(crate) fn set(&self, to: Duration) {
        *self.0.lock().unwrap() = to;
    }
}

impl Clock for Settable {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

/// Returns consecutive identifiers.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Counting {
    fn mint(&self) -> Uuid {
        Uuid::from_u128(1_000_000 + u128::from(self.0.fetch_add(1, Relaxed)))
    }
}

impl ChangeIds for Counting {
    fn next_change(&self) -> ChangeId {
        ChangeId(self.mint())
    }

    fn next_uuid(&self) -> Uuid {
        self.mint()
    }
}

/// Records the pauses without waiting, and lets another caller act meanwhile.
#[derive(Clone)]
pub(crate) struct Meanwhile {
    pub(crate) pauses: Arc<Mutex<Vec<u32>>>,
    act: Arc<dyn Fn(u32) + Send + Sync>,
}

impl Meanwhile {
    pub(crate) fn nothing() -> Self {
        Self::acting(|_| ())
    }

    pub(crate) fn acting(act: impl Fn(u32) + Send + Sync + 'static) -> Self {
        Self { pauses: Arc::default(), act: Arc::new(act) }
    }
}

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meanwhile").finish_non_exhaustive()
    }
}

#[async_trait]
impl Backoff for Meanwhile {
    async fn pause(&self, attempt: u32) {
        self.pauses.lock().unwrap().push(attempt);
        (self.act)(attempt);
    }
}

/// Returns a service over the scripted store that allows everything.
pub(crate) fn service(store: &ScriptedStore) -> UserService<ScriptedStore, ScriptedAuthorizer> {
    UserService::new(store.clone(), ScriptedAuthorizer::all(Verdict::Allow))
        .with_clock(Ticking::default())
        .with_ids(Counting::default())
        .with_backoff(Meanwhile::nothing())
}

/// Runs a future that never waits.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
