//! A store, an authorizer, a clock and a pause that do as they are told.

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
    Actor, Authorizer, AuthorizerError, Backoff, ChangeId, ChangeIds, ChangeSet, Check, Clock, CommitOutcome,
    DirectoryQuery, DirectorySnapshot, Event, Outbox, ProvisioningChange, ProvisioningStore, Resource,
    Snapshot, SnapshotQuery, StoreError, StoreErrorKind, Timestamp, User, UserId, UserService, UserStore,
    Verdict, Verdicts,
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

use crate::people::directory;

/// What happens to the next call instead of its just being done.
pub(crate) enum Step<O> {
    /// It is done.
    Pass,
    /// It is not done, and ends so.
    Answer(O),
    /// It is not done, and fails.
    Fail(StoreErrorKind),
    /// It is done, and fails.
    DoneAndFail(StoreErrorKind),
}

/// A memory store with a script for each of its methods; what has no script passes.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) inner: MemoryStore,
    loads: Arc<Mutex<VecDeque<Step<()>>>>,
    commits: Arc<Mutex<VecDeque<Step<CommitOutcome>>>>,
    provisions: Arc<Mutex<VecDeque<Step<CommitOutcome>>>>,
    pub(crate) queries: Arc<Mutex<Vec<SnapshotQuery>>>,
    pub(crate) changes: Arc<Mutex<Vec<ChangeSet>>>,
    pub(crate) provisioned: Arc<Mutex<Vec<ProvisioningChange>>>,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}

fn error(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "as the script says")
}

fn next<O>(script: &Mutex<VecDeque<Step<O>>>) -> Step<O> {
    script.lock().unwrap().pop_front().unwrap_or(Step::Pass)
}

impl Scripted {
    pub(crate) async fn new() -> Self {
        Self {
            inner: directory().await,
            loads: Arc::default(),
            commits: Arc::default(),
            provisions: Arc::default(),
            queries: Arc::default(),
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

    pub(crate) async fn stored(&self, id: UserId) -> User {
        self.inner.load(&SnapshotQuery::user(id)).await.unwrap().unwrap().user
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        self.inner.pending(u32::MAX).await.unwrap()
    }

    pub(crate) fn loads(&self) -> usize {
        self.queries.lock().unwrap().len()
    }

    pub(crate) fn commits(&self) -> usize {
        self.changes.lock().unwrap().len()
    }
}

#[async_trait]
impl UserStore for Scripted {
    async fn load(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>, StoreError> {
        self.queries.lock().unwrap().push(query.clone());
        match next(&self.loads) {
            Step::Pass => self.inner.load(query).await,
            Step::Answer(()) => Ok(None),
            Step::Fail(kind) | Step::DoneAndFail(kind) => Err(error(kind)),
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
        }
    }
}

#[async_trait]
impl ProvisioningStore for Scripted {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
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
        }
    }
}

type Answer = dyn Fn(&[Check]) -> Result<Verdicts, AuthorizerError> + Send + Sync;

/// Answers by a function of the checks; counts how often it is asked.
#[derive(Clone)]
pub(crate) struct Says {
    answer: Arc<Answer>,
    pub(crate) asked: Arc<AtomicU64>,
}

impl Says {
    pub(crate) fn all(verdict: Verdict) -> Self {
        Self::by(move |checks| Ok(checks.iter().map(|_| verdict.clone()).collect()))
    }

    pub(crate) fn by(
        answer: impl Fn(&[Check]) -> Result<Verdicts, AuthorizerError> + Send + Sync + 'static,
    ) -> Self {
        Self { answer: Arc::new(answer), asked: Arc::default() }
    }
}

impl std::fmt::Debug for Says {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Says").finish_non_exhaustive()
    }
}

#[async_trait]
impl Authorizer for Says {
    async fn authorize(
        &self,
        _actor: &Actor,
        _target: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        self.asked.fetch_add(1, Relaxed);
        (self.answer)(checks)
    }
}

/// A clock that goes on by so much with every look at it.
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

/// Counts identifiers up.
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

/// Notes the pauses instead of making them, and lets somebody else act meanwhile.
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

/// A service over the script that allows everything.
pub(crate) fn service(store: &Scripted) -> UserService<Scripted, Says> {
    UserService::new(store.clone(), Says::all(Verdict::Allow))
        .with_clock(Ticking::default())
        .with_ids(Counting::default())
        .with_backoff(Meanwhile::nothing())
}

/// Waits for what never really waits.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
