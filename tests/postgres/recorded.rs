//! Every recorded request on PostgreSQL, including the row afterwards.

use sqlx::Executor;
use userbook::{Policy, store::ImportStore};
use userbook_tests::{
    corpus,
    replay::{Report, replay},
    servers::postgres::Database,
};

const EMPTY: &str = "TRUNCATE userbook_user, userbook_group, userbook_event, userbook_install CASCADE";
const FIRST: &str = "UPDATE userbook_epoch SET value = CASE name WHEN 'next_user' THEN 1 ELSE 0 END";

#[test]
fn axum_over_postgres() {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = Database::new().await;
            let mut report = Report::default();
            for case in corpus::cases() {
                for clear in [EMPTY, FIRST] {
                    database.pool().execute(clear).await.unwrap();
                }
                database.store.import(&case.given.import()).await.unwrap();
                let store = database.store.as_ref().clone();
                report.note(&case, replay(&case, store, Policy::authentik_2025_2()).await.0);
            }
            assert!(report.mismatches.is_empty(), "{report}");
        });
    };
    // Some responses nest too deeply for the default thread stack of a debug build.
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}
