//! Counts the transactions of 1,000 updates by 16 writers on a SQLite file. Each transaction waits for the disk once;
//! the store commits concurrent updates in groups. The count depends little on the machine: while a group is written,
//! all other writers arrive.

use std::path::Path;

use sqlx::sqlite::SqlitePoolOptions;
use tokio::{runtime::Builder, task::JoinSet};
use userbook::{Actor, UserId, UserService, UserUpdate, store::ImportStore};
use userbook_benches::{directory::rows, traffic::permissions};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};

const WRITERS: i64 = 16;
const UPDATES: i64 = 1008;

/// The most transactions. Without groups there is one for each update.
const MOST: usize = 350;

/// Sizes in the log of SQLite (<https://sqlite.org/walformat.html>), in bytes.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

#[test]
fn concurrent_updates_share_transactions() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("users.db");
    let log = folder.path().join("users.db-wal");
    let runtime =
        Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime starts");
    let transactions = runtime.block_on(async {
        let store = open(&file).await;
        let before = commits(&log);
        update(&store).await;
        let after = commits(&log);
        store.pool().close().await;
        after - before
    });
    println!("transactions of {UPDATES} updates, at most {MOST}: {transactions}");
    assert!(transactions > 0, "the log is not read");
    assert!(transactions <= MOST, "{transactions}: more than {MOST} syncs for {UPDATES} updates");
}

/// Opens a directory whose log is never shortened.
async fn open(file: &Path) -> SqliteStore {
    let options = connect_options(&format!("sqlite://{}", file.display())).expect("the path is valid");
    let options = options.pragma("wal_autocheckpoint", "0");
    let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await;
    let store = SqliteStore::new(pool.expect("the file can be opened"));
    store.migrate().await.expect("the file is new");
    store.import(&rows(UPDATES)).await.expect("the rows are right");
    store
}

/// Updates each user once.
async fn update(store: &SqliteStore) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let service = UserService::new(store.clone(), permissions());
        writers.spawn(async move {
            for user in (1..=UPDATES).filter(|user| user % WRITERS == writer) {
                let update = UserUpdate::patch().name(format!("Renamed {user}"));
                service.update_user(&Actor::system(), UserId(user), update).await.expect("no conflict");
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.expect("no writer panics");
    }
}

/// Counts the frames that end a transaction.
fn commits(log: &Path) -> usize {
    let log = std::fs::read(log).expect("there is a log");
    let word = |at: usize| log[at..at + 4].try_into().map(u32::from_be_bytes).expect("four bytes");
    let page = usize::try_from(word(8)).expect("a page size");
    let frames = log[LOG_HEADER..].chunks_exact(FRAME_HEADER + page);
    // The first frames may be followed by older ones, whose salt differs.
    let salt = &log[16..24];
    let size_after = |frame: &&[u8]| frame[8..16] == *salt && frame[4..8] != [0; 4];
    frames.filter(size_after).count()
}
