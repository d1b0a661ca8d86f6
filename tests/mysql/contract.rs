//! Under `Policy::authentik_2025_2()` every recorded request gets the recorded response and leaves the recorded row on
//! MariaDB.

use userbook::{Policy, store::ImportStore};
use userbook_tests::{
    corpus,
    replay::{Report, replay},
    servers::mariadb::Database,
};

/// Empties the tables, which is faster than one database for each case.
const CLEAR: &str = "DELETE FROM userbook_user; DELETE FROM userbook_group; DELETE FROM userbook_event; \
                     UPDATE userbook_count SET value = 0";

async fn replay_all() -> Report {
    let database = Database::new().await;
    let mut report = Report::default();
    for case in corpus::cases() {
        sqlx::raw_sql(CLEAR).execute(database.pool()).await.unwrap();
        database.store.import(&case.given.import()).await.unwrap();
        let replayed = replay(&case, database.store.clone(), Policy::authentik_2025_2()).await;
        report.note(&case, replayed.0);
    }
    report
}

#[test]
fn every_recorded_request_gets_the_recorded_response() {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(replay_all())
    };
    // Some responses nest too deeply for the default thread stack of a debug build.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap();
    let report = thread.join().unwrap();
    assert!(report.mismatches.is_empty(), "{report}");
    assert!(report.to_string().lines().count() > 0);
}
