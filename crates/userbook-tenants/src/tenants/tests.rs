//! The life of tenants, over a source that records what happens to it. The time of the runtime is paused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::{task::JoinSet, time::sleep};
use userbook::store::StoreErrorKind;

use super::*;

/// A source in memory.
#[derive(Default)]
struct Fake {
    known: Mutex<BTreeSet<TenantName>>,
    /// Answers one question at a time, as one connection does.
    list: Option<Semaphore>,
    /// How long each opening takes, and which fail.
    slow: Mutex<BTreeMap<TenantName, Duration>>,
    broken: Mutex<BTreeSet<TenantName>>,
    opened: Mutex<Vec<TenantName>>,
    open: AtomicUsize,
    most: AtomicUsize,
}

struct Open {
    name: TenantName,
    /// Operations that run.
    running: AtomicUsize,
    is_closed: AtomicUsize,
}

#[async_trait]
impl TenantSource for Arc<Fake> {
    type Tenant = Open;

    async fn exists(&self, name: &TenantName) -> Result<bool, StoreError> {
        if let Some(list) = &self.list {
            let _turn = list.acquire().await.unwrap();
            sleep(Duration::from_secs(1)).await;
        }
        Ok(self.known.lock().unwrap().contains(name))
    }

    async fn open(&self, name: &TenantName) -> Result<Option<Open>, StoreError> {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(open, Ordering::SeqCst);
        self.opened.lock().unwrap().push(name.clone());
        let slow = self.slow.lock().unwrap().get(name).copied();
        sleep(slow.unwrap_or(Duration::from_millis(5))).await;
        if self.broken.lock().unwrap().contains(name) {
            self.open.fetch_sub(1, Ordering::SeqCst);
            return Err(StoreError::new(StoreErrorKind::Corrupt, "damaged"));
        }
        Ok(Some(Open { name: name.clone(), running: AtomicUsize::new(0), is_closed: AtomicUsize::new(0) }))
    }

    async fn close(&self, tenant: &Open) {
        assert_eq!(tenant.running.load(Ordering::SeqCst), 0, "an operation runs");
        tenant.is_closed.store(1, Ordering::SeqCst);
        sleep(Duration::from_millis(5)).await;
        self.open.fetch_sub(1, Ordering::SeqCst);
    }

    async fn create(&self, name: &TenantName) -> Result<bool, StoreError> {
        Ok(self.known.lock().unwrap().insert(name.clone()))
    }

    async fn names(&self) -> Result<Vec<TenantName>, StoreError> {
        Ok(self.known.lock().unwrap().iter().cloned().collect())
    }
}

fn name(n: usize) -> TenantName {
    format!("t{n}").parse().unwrap()
}

/// Tenants `t0` to `t<count - 1>`.
fn tenants(count: usize, limits: TenantLimits) -> (Arc<Fake>, Tenants<Arc<Fake>>) {
    let fake = Arc::new(Fake::default());
    fake.known.lock().unwrap().extend((0..count).map(name));
    (Arc::clone(&fake), Tenants::new(fake, limits))
}

fn limits(open: usize) -> TenantLimits {
    TenantLimits { open, ..TenantLimits::default() }
}

/// Uses a tenant for a time.
async fn work(tenants: &Tenants<Arc<Fake>>, n: usize, time: Duration) -> Result<(), TenantError> {
    let open_tenant = tenants.get(&name(n)).await?;
    assert_eq!(open_tenant.name, name(n));
    open_tenant.running.fetch_add(1, Ordering::SeqCst);
    sleep(time).await;
    assert_eq!(open_tenant.is_closed.load(Ordering::SeqCst), 0);
    open_tenant.running.fetch_sub(1, Ordering::SeqCst);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn concurrent_first_use_opens_once() {
    let (fake, tenants) = tenants(1, limits(4));
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let tenants = tenants.clone();
        all.spawn(async move { work(&tenants, 0, Duration::from_millis(1)).await });
    }
    all.join_all().await.into_iter().for_each(|done| done.unwrap());
    assert_eq!(*fake.opened.lock().unwrap(), [name(0)]);
    assert_eq!(tenants.counts(), TenantCounts { open: 1, ..TenantCounts::default() });
}

#[tokio::test(start_paused = true)]
async fn unknown_tenants_are_refused_until_they_are_created() {
    let (fake, tenants) = tenants(0, limits(1));
    for _ in 0..2 {
        assert!(
            matches!(tenants.get(&name(7)).await, Err(TenantError::Unknown(unknown)) if unknown == name(7))
        );
    }
    assert_eq!(tenants.counts(), TenantCounts::default());
    assert!(tenants.create(&name(7)).await.unwrap());
    assert!(!tenants.create(&name(7)).await.unwrap());
    work(&tenants, 7, Duration::ZERO).await.unwrap();
    assert_eq!(fake.opened.lock().unwrap().len(), 1);
    assert_eq!(tenants.names().await.unwrap(), [name(7)]);
}

#[tokio::test(start_paused = true)]
async fn unknown_names_need_no_place() {
    let (_, tenants) = tenants(1, limits(1));
    let open_tenant = tenants.get(&name(0)).await.unwrap();
    assert!(matches!(tenants.get(&name(1)).await, Err(TenantError::Unknown(_))));
    drop(open_tenant);
}

#[tokio::test(start_paused = true)]
async fn many_tenants_share_few_places() {
    let (fake, tenants) = tenants(300, limits(10));
    let mut all = JoinSet::new();
    for n in 0..3_000 {
        let tenants = tenants.clone();
        all.spawn(async move {
            sleep(Duration::from_millis(n as u64)).await;
            work(&tenants, n * 7919 % 300, Duration::from_millis(2)).await
        });
    }
    let failed: Vec<_> = all.join_all().await.into_iter().filter_map(Result::err).collect();
    // The load is above what ten places serve: some wait too long, but only that.
    assert!(failed.iter().all(|error| matches!(error, TenantError::Busy { .. })), "{failed:?}");
    assert!(fake.most.load(Ordering::SeqCst) <= 10);
    tenants.close().await;
    assert_eq!(fake.open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn busy_tenants_take_turns() {
    // Two tenants with overlapping operations would keep both places for ever.
    let (_, tenants) = tenants(6, limits(2));
    let mut all = JoinSet::new();
    for worker in 0..24 {
        let tenants = tenants.clone();
        all.spawn(async move {
            for _ in 0..50 {
                work(&tenants, worker % 6, Duration::from_millis(3)).await?;
            }
            Ok::<_, TenantError>(())
        });
    }
    all.join_all().await.into_iter().for_each(|done| done.unwrap());
}

#[tokio::test(start_paused = true)]
async fn idle_tenants_are_closed_and_opened_again() {
    let (fake, tenants) = tenants(2, TenantLimits { idle: Duration::from_secs(10), ..limits(4) });
    work(&tenants, 0, Duration::ZERO).await.unwrap();
    let open_tenant = tenants.get(&name(1)).await.unwrap();
    sleep(Duration::from_mins(1)).await;
    assert_eq!(fake.open.load(Ordering::SeqCst), 1, "a tenant in use stays");
    drop(open_tenant);
    sleep(Duration::from_mins(1)).await;
    assert_eq!((fake.open.load(Ordering::SeqCst), tenants.counts()), (0, TenantCounts::default()));
    work(&tenants, 0, Duration::ZERO).await.unwrap();
    assert_eq!(*fake.opened.lock().unwrap(), [name(0), name(1), name(0)]);
}

#[tokio::test(start_paused = true)]
async fn tenant_that_makes_room_serves_its_operations_to_the_end() {
    let (_, tenants) = tenants(2, limits(1));
    let first = tenants.clone();
    let long = tokio::spawn(async move { work(&first, 0, Duration::from_secs(3)).await });
    sleep(Duration::from_millis(100)).await;
    // Waits for the end of the operation; `close` of the source checks that none runs.
    work(&tenants, 1, Duration::ZERO).await.unwrap();
    assert!(long.is_finished());
    long.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn full_places_end_the_wait() {
    let (_, tenants) = tenants(2, TenantLimits { wait: Duration::from_secs(2), ..limits(1) });
    let open_tenant = tenants.get(&name(0)).await.unwrap();
    let error = tenants.get(&name(1)).await.unwrap_err();
    assert!(matches!(error, TenantError::Busy { .. }) && error.is_transient());
    sleep(Duration::from_millis(1)).await;
    // No caller waits any more: nothing is opened for the caller that has left.
    assert_eq!(tenants.counts().opening, 0);
    drop(open_tenant);
    work(&tenants, 1, Duration::ZERO).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn broken_and_slow_tenants_delay_no_other_one() {
    let (fake, tenants) = tenants(3, limits(3));
    fake.broken.lock().unwrap().insert(name(0));
    fake.slow.lock().unwrap().insert(name(1), Duration::from_hours(1));
    let slow = tenants.clone();
    let slow = tokio::spawn(async move { work(&slow, 1, Duration::ZERO).await });
    for _ in 0..10 {
        let error = tenants.get(&name(0)).await.unwrap_err();
        assert!(
            matches!(&error, TenantError::Failed { source, .. } if source.source.to_string() == "damaged"),
            "{error}"
        );
        work(&tenants, 2, Duration::from_millis(1)).await.unwrap();
    }
    let attempts = |n| fake.opened.lock().unwrap().iter().filter(|opened| **opened == name(n)).count();
    assert_eq!(attempts(0), 1, "a failure is kept for a second");
    assert!(matches!(slow.await.unwrap(), Err(TenantError::Busy { .. })));
    fake.broken.lock().unwrap().clear();
    sleep(Duration::from_secs(2)).await;
    work(&tenants, 0, Duration::ZERO).await.unwrap();
    // The slow migration goes on without its caller, and is not started twice.
    sleep(Duration::from_hours(1)).await;
    assert_eq!(attempts(1), 1);
}

#[tokio::test(start_paused = true)]
async fn cancelled_callers_leave_no_trace() {
    let (fake, tenants) = tenants(4, limits(1));
    let open_tenant = tenants.get(&name(0)).await.unwrap();
    for n in 1..4 {
        let get = tenants.clone();
        let waiting = tokio::spawn(async move { get.get(&name(n)).await.map(drop) });
        sleep(Duration::from_millis(1)).await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
    }
    sleep(Duration::from_millis(1)).await;
    assert_eq!(tenants.counts().waiting, 0);
    drop(open_tenant);
    for n in 0..4 {
        work(&tenants, n, Duration::ZERO).await.unwrap();
    }
    tenants.close().await;
    assert_eq!(fake.open.load(Ordering::SeqCst), 0);
    assert!(matches!(tenants.get(&name(0)).await, Err(TenantError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn abandoned_callers_do_not_occupy_the_list() {
    let fake = Arc::new(Fake { list: Some(Semaphore::new(1)), ..Fake::default() });
    fake.known.lock().unwrap().insert(name(0));
    let tenants = Tenants::new(fake, limits(4));
    let strangers: Vec<_> = (1..1_000)
        .map(|n| {
            let tenants = tenants.clone();
            tokio::spawn(async move { tenants.get(&name(n)).await.map(drop) })
        })
        .collect();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(tenants.counts().opening, 999);
    for stranger in &strangers {
        stranger.abort();
    }
    sleep(Duration::from_millis(1)).await;
    assert_eq!(tenants.counts(), TenantCounts::default());
    let start = Instant::now();
    work(&tenants, 0, Duration::ZERO).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn abandoned_opening_does_not_delay_the_end() {
    let fake = Arc::new(Fake { list: Some(Semaphore::new(0)), ..Fake::default() });
    let tenants = Tenants::new(fake, limits(1));
    let get = tenants.clone();
    let waiting = tokio::spawn(async move { get.get(&name(0)).await.map(drop) });
    sleep(Duration::from_millis(1)).await;
    let close = tenants.clone();
    let closing = tokio::spawn(async move { close.close().await });
    sleep(Duration::from_millis(1)).await;
    waiting.abort();
    let start = Instant::now();
    closing.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn retired_tenant_is_closed_under_traffic() {
    let (fake, tenants) = tenants(2, limits(4));
    let old = tenants.get(&name(0)).await.unwrap();
    let other = tenants.get(&name(1)).await.unwrap();
    let mut traffic = JoinSet::new();
    for worker in 0..3 {
        let tenants = tenants.clone();
        traffic.spawn(async move {
            sleep(Duration::from_millis(worker * 7)).await;
            for _ in 0..20 {
                work(&tenants, 0, Duration::from_millis(20)).await?;
            }
            Ok::<_, TenantError>(())
        });
    }
    sleep(Duration::from_millis(100)).await;
    tenants.retire(&old);
    assert_eq!(old.is_closed.load(Ordering::SeqCst), 0, "the tenant is in use");
    let get = tenants.clone();
    let new = tokio::spawn(async move { get.get(&name(0)).await.unwrap() });
    sleep(Duration::from_millis(100)).await;
    assert!(!new.is_finished(), "the tenant accepts no further callers");
    drop(old);
    let new = new.await.unwrap();
    // One without further callers is closed at once.
    tenants.retire(&other);
    drop(other);
    traffic.join_all().await.into_iter().for_each(|done| done.unwrap());
    assert_eq!(*fake.opened.lock().unwrap(), [name(0), name(1), name(0)]);
    assert_eq!(new.is_closed.load(Ordering::SeqCst), 0);
    assert_eq!(tenants.counts(), TenantCounts { open: 1, in_use: 1, ..TenantCounts::default() });
}

#[test]
fn limits_follow_from_connections() {
    for (connections, per_tenant, expected) in [(20, 2, 9), (4, 1, 3), (1, 1, 1), (0, 0, 1), (8, 100, 1)] {
        assert_eq!(TenantLimits::for_connections(connections, per_tenant).open, expected);
    }
}
