//! "Does another active superuser exist?" with 1 and with 1,000,000 inactive members in the superuser group: the
//! answer must not scan them. Prints the ratio of the medians for each store.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "prints ratios of small numbers")]

use std::{error::Error, time::Instant};

use sqlx::sqlite::SqlitePoolOptions;
use userbook::{
    UserId, UserStore,
    store::{ImportData, ImportStore, SnapshotQuery},
};
use userbook_benches::{group, group_id, user};
use userbook_memory::MemoryStore;
use userbook_sqlx::sqlite::{SqliteStore, connect_options};

const FEW: i64 = 1;
const MANY: i64 = 1_000_000;
const WARM_UP: usize = 100;
const ROUNDS: usize = 1001;

/// Two active superusers, the second with the highest id, and inactive users between them.
fn rows(inactive: i64) -> ImportData {
    let admins = || [group_id(1)];
    let mut users = vec![user(1, true, admins())];
    users.extend((2..2 + inactive).map(|id| user(id, false, admins())));
    users.push(user(2 + inactive, true, admins()));
    ImportData { install_id: "bench".to_owned(), groups: vec![group(1, true)], users }
}

/// Returns the time of one load with the question, in nanoseconds.
async fn load(store: &impl UserStore) -> Result<u128, Box<dyn Error>> {
    let query = SnapshotQuery { other_superusers: true, ..SnapshotQuery::user(UserId(1)) };
    let start = Instant::now();
    let snapshot = store.load(&query).await?;
    let time = start.elapsed().as_nanos();
    assert!(snapshot.other_superusers.is_some_and(|others| others.person));
    Ok(time)
}

/// Measures both alternately, so that other load affects both.
async fn measure<S: UserStore + ImportStore>(name: &str, few: S, many: S) -> Result<(), Box<dyn Error>> {
    few.import(&rows(FEW)).await?;
    many.import(&rows(MANY)).await?;
    let mut times = [Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS)];
    for round in 0..WARM_UP + ROUNDS {
        for (store, times) in [&few, &many].into_iter().zip(&mut times) {
            let time = load(store).await?;
            if round >= WARM_UP {
                times.push(time);
            }
        }
    }
    let [few, many] = times.map(median);
    let ratio = many as f64 / few as f64;
    println!(
        "{name:<8} {FEW:>9} inactive: {few:>8} ns   {MANY:>9} inactive: {many:>8} ns   ratio {ratio:.2}"
    );
    Ok(())
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}

async fn sqlite(folder: &std::path::Path, name: &str) -> Result<SqliteStore, Box<dyn Error>> {
    let url = format!("sqlite://{}", folder.join(name).display());
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(connect_options(&url)?).await?;
    let store = SqliteStore::new(pool);
    store.migrate().await?;
    Ok(store)
}

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --benches` only checks that the benchmark builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        measure("memory", MemoryStore::new(), MemoryStore::new()).await?;
        let folder = tempfile::tempdir()?;
        let (few, many) = (sqlite(folder.path(), "few.db").await?, sqlite(folder.path(), "many.db").await?);
        measure("sqlite", few, many).await
    })
}
