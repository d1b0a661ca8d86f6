//! Many tenants on few connections.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::task::JoinSet;
use userbook::{
    Actor, PermissionAuthorizer, StaticPermissions, UserId, UserService, UserStore, UserUpdate,
    store::{ImportData, ImportStore, SnapshotQuery},
};
use userbook_sqlx::postgres::pool_options;
use userbook_tenants::{PostgresTenants, TenantLimits, TenantPrefix, Tenants};
use userbook_tests::{rows::user, servers::postgres::Database};

use crate::fixture::{limits, name};

/// What a run needed.
#[derive(Debug)]
#[allow(dead_code, reason = "the figures are printed")]
struct Figures {
    tenants: usize,
    updates: u64,
    creation: Duration,
    time: Duration,
    most_connections: u64,
    /// The memory of this process in KiB: before the updates, and at most.
    memory: (u64, u64),
}

/// The resident memory in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Tenants of two connections each, on `connections` in total.
fn tenants(database: &Database, connections: u32, per_tenant: u32) -> Tenants<PostgresTenants> {
    let all = TenantLimits::for_connections(connections, per_tenant);
    let limits = limits(all.open);
    let pool = pool_options().max_connections(per_tenant).acquire_timeout(limits.wait);
    let source = PostgresTenants::postgres(database.options(), pool, TenantPrefix::default());
    Tenants::new(source, limits)
}

async fn create(tenants: &Tenants<PostgresTenants>, count: usize) {
    let mut all = JoinSet::new();
    for n in 0..count {
        let tenants = tenants.clone();
        all.spawn(async move {
            let tenant = name(&format!("t{n}"));
            tenants.create(&tenant).await.unwrap();
            let store = tenants.get(&tenant).await.unwrap();
            let users = (1..=3).map(user).collect();
            store.import(&ImportData { users, ..ImportData::default() }).await.unwrap();
        });
        if n % 8 == 7 {
            while all.join_next().await.is_some() {}
        }
    }
    all.join_all().await;
}

/// One update of one user, whose name then says where it belongs.
async fn update(tenants: &Tenants<PostgresTenants>, tenant: usize, round: usize) {
    let store = tenants.get(&name(&format!("t{tenant}"))).await.unwrap();
    let service = UserService::new((*store).clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let target = UserId(fastrand::i64(1..=3));
    let update = UserUpdate::patch().name(format!("t{tenant}: {round}"));
    service.update_user(&Actor::system(), target, update).await.unwrap();
}

/// The local ports of connections to a port that are open on this side. A server lists a session for some milliseconds
/// after the client has closed the connection.
fn open_ports(server: u16) -> HashSet<i32> {
    let port = |address: &str| i32::from_str_radix(address.rsplit(':').next()?, 16).ok();
    let sockets = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let local = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, ..] = fields[..] else { return None };
        // 01: established.
        (state == "01" && port(remote) == Some(server.into())).then(|| port(local)).flatten()
    };
    sockets.lines().filter_map(local).collect()
}

/// Counts the connections to the tenants' database, from another database, until the run ends.
async fn most_connections(options: PgConnectOptions, most: Arc<AtomicU64>) {
    let (database, port) = (options.get_database().unwrap().to_owned(), options.get_port());
    let mut other = options.database("postgres").connect().await.unwrap();
    let sql =
        "SELECT client_port FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'";
    loop {
        let sessions: Vec<i32> = sqlx::query_scalar(sql).bind(&database).fetch_all(&mut other).await.unwrap();
        let open = open_ports(port);
        let now = sessions.iter().filter(|port| open.contains(port)).count() as u64;
        most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn run(count: usize, connections: u32, per_tenant: u32, workers: usize, rounds: usize) -> Figures {
    let database = Database::blank().await;
    // The pool of the test has connections of its own.
    database.pool().close().await;
    let tenants = tenants(&database, connections, per_tenant);
    let most = Arc::new(AtomicU64::new(0));
    let counting = tokio::spawn(most_connections(database.options(), Arc::clone(&most)));
    let start = Instant::now();
    create(&tenants, count).await;
    let creation = start.elapsed();
    let (start, before, mut peak) = (Instant::now(), memory(), 0);
    let most_open = Arc::new(AtomicUsize::new(0));
    let mut all = JoinSet::new();
    for worker in 0..workers {
        let (tenants, most_open) = (tenants.clone(), Arc::clone(&most_open));
        all.spawn(async move {
            for round in 0..rounds {
                update(&tenants, fastrand::usize(..count), worker * rounds + round).await;
                most_open.fetch_max(tenants.counts().open, Ordering::SeqCst);
            }
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
        peak = peak.max(memory());
    }
    let time = start.elapsed();
    check(&tenants, count, (workers * rounds) as u64).await;
    let bound = TenantLimits::for_connections(connections, per_tenant).open;
    let open = most_open.load(Ordering::SeqCst);
    assert!((1..=bound).contains(&open), "{open} tenants were open, of at most {bound}");
    tenants.close().await;
    tenants.source().close_catalog().await;
    counting.abort();
    let most_connections = most.load(Ordering::SeqCst);
    assert!(most_connections > 0, "no connection was counted");
    let updates = (workers * rounds) as u64;
    Figures { tenants: count, updates, creation, time, most_connections, memory: (before, peak) }
}

/// Each update was applied once, in its tenant.
async fn check(tenants: &Tenants<PostgresTenants>, count: usize, updates: u64) {
    let mut all = JoinSet::new();
    for n in 0..count {
        let tenants = tenants.clone();
        all.spawn(async move { versions(&tenants, n).await });
    }
    assert_eq!(all.join_all().await.into_iter().sum::<u64>(), updates);
}

/// The number of updates in a tenant. Each name says where it belongs.
async fn versions(tenants: &Tenants<PostgresTenants>, n: usize) -> u64 {
    let store = tenants.get(&name(&format!("t{n}"))).await.unwrap();
    let mut versions = 0;
    for id in 1..=3 {
        let found = store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user.unwrap();
        versions += found.version;
        assert!(found.version == 0 || found.name.starts_with(&format!("t{n}: ")), "{}", found.name);
    }
    versions
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_tenants_share_four_connections() {
    let figures = run(30, 4, 1, 16, 20).await;
    println!("{figures:#?}");
    assert!(figures.most_connections <= 4, "{figures:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: `.ci/full tenants`"]
async fn thousand_tenants_share_twenty_connections() {
    let figures = run(1_000, 20, 1, 64, 100).await;
    println!("{figures:#?}");
    let rate = u128::from(figures.updates) * 1_000 / figures.time.as_millis();
    println!("{rate} updates per second");
    assert!(figures.most_connections <= 20, "{figures:?}");
    let growth = figures.memory.1.saturating_sub(figures.memory.0);
    assert!(growth < 64 * 1024, "memory grew by {growth} KiB");
}
