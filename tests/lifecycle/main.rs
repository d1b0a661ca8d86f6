//! Under `Policy::authentik_2025_2()` every recorded request of the life cycle gets the recorded response and leaves
//! the recorded rows and tokens, on every store, bare and behind axum and actix-web.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

use actix_web::rt::System;
use userbook::Policy;
use userbook_tests::{
    fixture::{Kind, store_with},
    lifecycle::{Way, cases, replay},
    replay::Report,
};

/// The minimum number of cases, so that cases cannot vanish unnoticed.
const AT_LEAST: usize = 260;

fn check(kind: Kind) {
    let mut report = Report::default();
    let cases = cases();
    assert!(cases.len() >= AT_LEAST, "{} cases", cases.len());
    // Names of cases to run alone, while you look for a mistake.
    let only = std::env::var("USERBOOK_CASE").unwrap_or_default();
    System::new().block_on(async {
        for case in
            cases.iter().filter(|case| case.case.state != "twins" && case.case.recorded.id.contains(&only))
        {
            for way in Way::ALL {
                let store = store_with(kind, &case.case.given.import()).await;
                let (faults, _) = replay(case, store, Policy::authentik_2025_2(), way).await;
                let faults = faults.into_iter().map(|fault| format!("{way:?}: {fault}")).collect();
                report.note(&case.case, faults);
            }
        }
    });
    println!("{report}");
    assert!(report.mismatches.is_empty(), "{} cases", report.mismatches.len());
}

#[test]
fn over_memory() {
    check(Kind::Memory);
}

#[test]
fn over_sqlite() {
    check(Kind::Sqlite);
}
