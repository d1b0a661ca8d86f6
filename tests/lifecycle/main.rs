//! Under `Policy::authentik_2025_2()` every recorded request of the life cycle gets the recorded response and leaves
//! the recorded rows and tokens, on every store, bare and behind axum and actix-web.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod hardened;

use actix_web::rt::System;
use sqlx::Executor;
use userbook::{
    Policy,
    store::{ImportStore, ListStore, ProvisioningStore},
};
use userbook_tests::{
    fixture::{Kind, store_with},
    lifecycle::{LifecycleCase, Way, cases, replay},
    replay::Report,
    servers::{mariadb, postgres},
};

/// A second group of one name cannot be created. authentik creates one for a service account.
const NOT_REPRODUCED: [&str; 1] = ["service-account/taken-group"];

/// The minimum number of cases, so that cases cannot vanish unnoticed.
const AT_LEAST: usize = 260;

/// Empties the tables, which is faster than one database for each request.
const CLEAR_POSTGRES: [&str; 2] = [
    "TRUNCATE userbook_user, userbook_group, userbook_event, userbook_install CASCADE",
    "UPDATE userbook_epoch SET value = CASE name WHEN 'next_user' THEN 1 ELSE 0 END",
];
const CLEAR_MARIADB: &str = "DELETE FROM userbook_user; DELETE FROM userbook_group; DELETE FROM userbook_event; \
                             DELETE FROM userbook_install; \
                             UPDATE userbook_epoch SET value = IF(name = 'next_user', 1, 0)";

fn is_replayed(case: &LifecycleCase) -> bool {
    !NOT_REPRODUCED.contains(&case.case.recorded.id.as_str())
}

/// Replays every case in every way on a store that `prepare` fills.
async fn check<S: ProvisioningStore + ListStore + Clone>(prepare: impl AsyncFn(&LifecycleCase) -> S) {
    let mut report = Report::default();
    let cases = cases();
    assert!(cases.len() >= AT_LEAST, "{} cases", cases.len());
    // Names of cases to run alone, while you look for a mistake.
    let only = std::env::var("USERBOOK_CASE").unwrap_or_default();
    let wanted = |case: &&LifecycleCase| is_replayed(case) && case.case.recorded.id.contains(&only);
    for case in cases.iter().filter(wanted) {
        for way in Way::ALL {
            let store = prepare(case).await;
            let (faults, _) = replay(case, store, Policy::authentik_2025_2(), way).await;
            let faults = faults.into_iter().map(|fault| format!("{way:?}: {fault}")).collect();
            report.note(&case.case, faults);
        }
    }
    println!("{report}");
    assert!(report.mismatches.is_empty(), "{report}");
}

/// actix-web's runtime is tokio's, so that all ways run in one.
fn run(work: impl AsyncFnOnce()) {
    System::new().block_on(work());
}

#[test]
fn over_memory() {
    run(async || check(async |case| store_with(Kind::Memory, &case.case.given.import()).await).await);
}

#[test]
fn over_sqlite() {
    run(async || check(async |case| store_with(Kind::Sqlite, &case.case.given.import()).await).await);
}

#[test]
fn over_postgres() {
    run(async || {
        let database = postgres::Database::new().await;
        check(async |case| {
            for clear in CLEAR_POSTGRES {
                database.pool().execute(clear).await.unwrap();
            }
            database.store.import(&case.case.given.import()).await.unwrap();
            database.store.as_ref().clone()
        })
        .await;
    });
}

#[test]
fn over_mariadb() {
    run(async || {
        let database = mariadb::Database::new().await;
        check(async |case| {
            sqlx::raw_sql(CLEAR_MARIADB).execute(database.pool()).await.unwrap();
            database.store.import(&case.case.given.import()).await.unwrap();
            database.store.clone()
        })
        .await;
    });
}
