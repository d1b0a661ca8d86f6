//! Under `Policy::authentik_2025_2()` every recorded request gets the recorded response and leaves the recorded row,
//! on every store.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use sqlx::sqlite::SqlitePoolOptions;
use userbook::{Policy, store::ImportStore};
use userbook_memory::MemoryStore;
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use userbook_tests::{
    corpus::{self, Case},
    replay::{Report, replay},
};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn check(report: &Report) {
    println!("{report}");
    assert!(report.mismatches.is_empty(), "{report}");
}

#[test]
fn axum_over_memory() {
    let mut report = Report::default();
    runtime().block_on(async {
        for case in corpus::cases() {
            let store = Arc::new(MemoryStore::new());
            store.import(&case.given.import()).await.unwrap();
            report.note(&case, replay(&case, store, Policy::authentik_2025_2()).await.0);
        }
    });
    check(&report);
}

#[test]
fn axum_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut seeded = BTreeMap::new();
    let mut report = Report::default();
    runtime().block_on(async {
        for (n, case) in corpus::cases().iter().enumerate() {
            if !seeded.contains_key(&case.state) {
                let path = folder.path().join(format!("state-{}.db", seeded.len()));
                seed(case, &path).await;
                seeded.insert(case.state.clone(), path);
            }
            // Each case has its own name, because SQLite removes files of a closed database asynchronously.
            let path = folder.path().join(format!("case-{n}.db"));
            fs::copy(&seeded[&case.state], &path).unwrap();
            let store = open(&path).await;
            report.note(case, replay(case, store.clone(), Policy::authentik_2025_2()).await.0);
            store.pool().close().await;
            fs::remove_file(&path).unwrap();
        }
    });
    check(&report);
}

/// Creates a database file with the given rows.
async fn seed(case: &Case, path: &Path) {
    let store = open(path).await;
    store.migrate().await.unwrap();
    store.import(&case.given.import()).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(store.pool()).await.unwrap();
    store.pool().close().await;
}

async fn open(path: &Path) -> SqliteStore {
    let options = connect_options(&format!("sqlite://{}", path.display())).unwrap().create_if_missing(true);
    SqliteStore::new(SqlitePoolOptions::new().max_connections(2).connect_with(options).await.unwrap())
}
