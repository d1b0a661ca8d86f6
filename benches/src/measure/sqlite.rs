//! Updates per second on a SQLite file (WAL, synced before a commit returns), compared with the same statements on
//! `rusqlite`.

use std::{path::Path, time::Duration};

use serde_json::json;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::runtime::Runtime;
use userbook::{Actor, Outcome, UserId, UserService, UserUpdate, store::ImportStore};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};

use super::{
    Found, Setting,
    updates::{new_name, rate, rename},
};
use crate::{
    Failure,
    baseline::sqlite::Rusqlite,
    directory::rows,
    figure::{Bound, Figure},
    stats::try_paired,
    traffic::permissions,
};

const USERS: i64 = 1000;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let [ours, other] = ["ours.db", "other.db"].map(|name| folder.path().join(name));
    let store = runtime.block_on(prepared(&ours))?;
    runtime.block_on(prepared(&other))?;
    let service = UserService::new(store, permissions());
    let mut by_hand = Rusqlite::open(&other)?;

    let time = Duration::from_millis(setting.pick(500, 200));
    let rounds = setting.pick(13, 5);
    let [mut done, mut done_by_hand] = [0, 0];
    let paired = try_paired(
        rounds,
        || {
            rate(time, &mut done, |n| {
                let user = 1 + n % USERS;
                let update = UserUpdate::patch().username(new_name(user, n)).name(format!("Number {n}"));
                let updated = runtime
                    .block_on(async { service.update_user(&Actor::system(), UserId(user), update).await })?;
                assert!(matches!(updated.outcome, Outcome::Applied(_)));
                Ok(())
            })
        },
        || {
            rate(time, &mut done_by_hand, |n| {
                let user = 1 + n % USERS;
                let found = by_hand.load(UserId(user), &new_name(user, n))?;
                assert!(by_hand.commit(&rename(&found, n)?)?);
                Ok(())
            })
        },
    )?;
    assert_eq!(by_hand.events()?, done_by_hand, "the baseline writes the same events");
    assert_eq!(Rusqlite::open(&ours)?.events()?, done);
    let mut detail = paired.detail("updates/s");
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("fsync_us".to_owned(), json!(fsync(folder.path())?));
    }
    Ok(Figure {
        name: "sqlite_vs_rusqlite",
        value: paired.ratio(),
        bound: Bound::AtLeast(0.8),
        baseline: "rusqlite: the same statements, WAL, synchronous=FULL, the same disk",
        detail,
    }
    .into())
}

/// Returns a new database with users; its pool has as many connections as that of the reference server.
async fn prepared(file: &Path) -> Result<SqliteStore, Failure> {
    let options = connect_options(&format!("sqlite://{}", file.display()))?;
    let pool = SqlitePoolOptions::new().max_connections(8).test_before_acquire(false);
    let store = SqliteStore::new(pool.connect_with(options).await?);
    store.migrate().await?;
    store.import(&rows(USERS)).await?;
    Ok(store)
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
