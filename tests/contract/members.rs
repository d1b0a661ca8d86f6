//! Under `Policy::authentik_2025_2()` every recorded `add_user` and `remove_user` gets the recorded response and
//! leaves the recorded rows. Under `Policy::hardened()` only the listed cases differ.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

use std::{collections::BTreeMap, sync::Arc};

use userbook::{Policy, store::ImportStore};
use userbook_memory::MemoryStore;
use userbook_tests::{
    corpus,
    replay::{Report, replay},
};

/// Cases that differ under the hardened policy, with a text of the response.
const DEPARTURES: [(&str, &str); 1] = [
    // LastSuperuser and SelfLockout: the only superuser leaves the group that grants superuser status.
    ("remove_user/last-admin", "non_field_errors"),
];

fn replayed(policy: &Policy) -> (Report, BTreeMap<String, String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut report, mut bodies) = (Report::default(), BTreeMap::new());
    for case in corpus::members() {
        let (faults, body) = runtime.block_on(async {
            let store = Arc::new(MemoryStore::new());
            store.import(&case.given.import()).await.unwrap();
            replay(&case, store, policy.clone()).await
        });
        report.note(&case, faults);
        bodies.insert(case.recorded.id.clone(), String::from_utf8_lossy(&body).into_owned());
    }
    (report, bodies)
}

#[test]
fn membership_changes_match_the_recorded_release() {
    let (report, bodies) = replayed(&Policy::authentik_2025_2());
    println!("{report}");
    assert!(bodies.len() > 60 && report.mismatches.is_empty(), "{report}");
}

#[test]
fn only_listed_membership_changes_differ_under_the_hardened_policy() {
    let (report, bodies) = replayed(&Policy::hardened());
    let differ: Vec<&str> = report.mismatches.keys().map(String::as_str).collect();
    assert_eq!(differ, DEPARTURES.map(|(id, _)| id), "{report}");
    for (id, contains) in DEPARTURES {
        assert!(bodies[id].contains(contains), "{id}: {}", bodies[id]);
    }
}
