//! Updates per second on a SQLite file (WAL, synced before a commit returns), one at a time and 16 at once, compared
//! with the same statements on `rusqlite`, as an asynchronous host runs them; 16 at once also with slow syncs.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::runtime::Runtime;
use userbook::{
    UserId,
    clock::{Clock, SystemClock},
    store::ImportStore,
};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};

use super::{
    Found, Setting,
    load::{self, Run, updates},
    program, slow_sync,
    updates::{new_name, rate, rename},
};
use crate::{
    Failure,
    baseline::sqlite::Rusqlite,
    directory::rows,
    figure::{Bound, Figure},
    stats::{Paired, round, try_paired},
};

const USERS: i64 = 1000;
const BASELINE: &str =
    "rusqlite in spawn_blocking: the same statements, WAL, synchronous=FULL, the same disk";

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let [ours, other] = ["ours.db", "other.db"].map(|name| folder.path().join(name));
    let store = runtime.block_on(prepared(&ours, USERS))?;
    runtime.block_on(prepared(&other, USERS))?;
    let by_hand = Arc::new(Mutex::new(Rusqlite::open(&other)?));
    let caller = on_the_callers_thread(&by_hand, setting)?;

    let time = Duration::from_millis(setting.pick(500, 200));
    let mut figures = Vec::new();
    for (name, tasks, bound) in [("sqlite_vs_rusqlite", 1, 0.9), ("sqlite_group_16_vs_rusqlite", 16, 1.5)] {
        let paired = try_paired(
            setting.pick(13, 5),
            || Ok::<_, Failure>(runtime.block_on(updates(store.clone(), tasks, USERS / 16, time))?.rate),
            || Ok(runtime.block_on(blocking_updates(&by_hand, tasks, time))?.rate),
        )?;
        let mut detail = paired.detail("updates/s");
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("fsync_us".to_owned(), json!(fsync(folder.path())?));
            detail.insert("baseline_on_the_callers_thread".to_owned(), json!(caller));
        }
        let bound = Bound::AtLeast(bound);
        figures.push(Figure { name, value: paired.ratio(), bound, baseline: BASELINE, detail });
    }
    let events = |file: &Path| Rusqlite::open(file)?.events();
    assert!(events(&ours)? > 0 && events(&other)? > 0, "both write events");
    if slow_sync::is_available("sqlite_group_16_slow_sync") {
        let paired = with_slow_sync(setting, &ours, &other)?;
        figures.push(Figure {
            name: "sqlite_group_16_slow_sync",
            value: paired.ratio(),
            bound: Bound::AtLeast(8.0),
            baseline: "the same; a sync takes 2 ms longer for both",
            detail: paired.detail("updates/s"),
        });
    }
    Ok(Found { figures, plots: Vec::new() })
}

/// Measures 16 writers at once in processes whose syncs are slow.
fn with_slow_sync(setting: &Setting, ours: &Path, other: &Path) -> Result<Paired, Failure> {
    program::build("sqlite_updates")?;
    let time = setting.pick("2000", "500");
    let rate = |writer, file: &Path| -> Result<f64, Failure> {
        let mut updates = program::sibling("sqlite_updates")?;
        updates.args([writer, program::text(file)?, "16", time]);
        let output = program::output(&mut slow_sync::slowed(&updates), Duration::from_mins(1))?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim()
            .parse()
            .map_err(|_| format!("sqlite_updates: {text}{}", String::from_utf8_lossy(&output.stderr)).into())
    };
    try_paired(setting.pick(5, 1), || rate("userbook", ours), || rate("rusqlite", other))
}

/// Returns updates per second of `userbook` or `rusqlite` on a file of `USERS` users.
pub fn updates_of(writer: &str, file: &Path, tasks: u32, time: Duration) -> Result<f64, Failure> {
    let runtime = Runtime::new()?;
    match writer {
        "userbook" => {
            let store = runtime.block_on(open(file))?;
            Ok(runtime.block_on(updates(store, tasks, USERS / 16, time))?.rate)
        }
        "rusqlite" => {
            let by_hand = Arc::new(Mutex::new(Rusqlite::open(file)?));
            Ok(runtime.block_on(blocking_updates(&by_hand, tasks, time))?.rate)
        }
        _ => Err(format!("unknown writer {writer:?}").into()),
    }
}

type Shared = Arc<Mutex<Rusqlite>>;

/// One update by hand: reads the user and writes the change.
fn update_by_hand(by_hand: &Shared, user: i64, n: i64) -> Result<(), Failure> {
    let mut by_hand = by_hand.lock().map_err(|_| "the connection is broken")?;
    let found = by_hand.load(UserId(user), &new_name(user, n))?;
    if by_hand.commit(&rename(&found, n)?)? { Ok(()) } else { Err("the baseline did not write".into()) }
}

/// Updates as an asynchronous host writes them by hand, in this many tasks.
async fn blocking_updates(by_hand: &Shared, tasks: u32, time: Duration) -> Result<Run, Failure> {
    let states = (0..tasks).map(|_| Arc::clone(by_hand)).collect();
    load::run(states, time, |by_hand, task, _| async move {
        let n = next_change();
        let user = task * (USERS / 16) + n % (USERS / 16) + 1;
        let (shared, done) =
            (Arc::clone(&by_hand), tokio::task::spawn_blocking(move || update_by_hand(&by_hand, user, n)));
        done.await??;
        Ok(shared)
    })
    .await
}

/// Numbers the changes of the baseline: their ids must not repeat, also not in another process.
fn next_change() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let since_1970 = SystemClock.now().timestamp_micros();
    // The first call sets the start.
    _ = NEXT.compare_exchange(0, since_1970, Ordering::Relaxed, Ordering::Relaxed);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Returns updates per second without the detour through another thread.
fn on_the_callers_thread(by_hand: &Shared, setting: &Setting) -> Result<f64, Failure> {
    let mut done = 0;
    let time = Duration::from_millis(setting.pick(3000, 500));
    let rate = rate(time, &mut done, |n| update_by_hand(by_hand, n % USERS + 1, next_change()))?;
    Ok(round(rate))
}

/// Returns a new database with users.
pub(super) async fn prepared(file: &Path, users: i64) -> Result<SqliteStore, Failure> {
    let store = open(file).await?;
    store.migrate().await?;
    store.import(&rows(users)).await?;
    Ok(store)
}

/// Opens a database; its pool has as many connections as that of the reference server.
async fn open(file: &Path) -> Result<SqliteStore, Failure> {
    let options = connect_options(&format!("sqlite://{}", file.display()))?;
    let pool = SqlitePoolOptions::new().max_connections(8).test_before_acquire(false);
    Ok(SqliteStore::new(pool.connect_with(options).await?))
}

/// Returns the time of one sync in microseconds, for comparison.
fn fsync(folder: &Path) -> Result<f64, Failure> {
    use std::io::Write;
    let mut file = std::fs::File::create(folder.join("fsync"))?;
    let mut times = Vec::new();
    for _ in 0..50 {
        file.write_all(&[0; 4096])?;
        let start = std::time::Instant::now();
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(crate::stats::median(&times).round())
}
