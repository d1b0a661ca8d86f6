//! Under `Policy::authentik_2025_2()` every recorded request gets the recorded answer and leaves the recorded
//! row behind.

use userbook::{Policy, SeedStore};
use userbook_memory::MemoryStore;
use userbook_tests::{
    corpus,
    replay::{Report, replay},
};

#[test]
fn axum_over_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut report = Report::default();
    for case in corpus::cases() {
        let faults = runtime.block_on(async {
            let store = std::sync::Arc::new(MemoryStore::new());
            store.import(&case.given.import()).await.unwrap();
            replay(&case, store, Policy::authentik_2025_2()).await
        });
        report.note(&case, faults);
    }
    println!("{report}");
    assert!(report.mismatches.is_empty(), "{report}");
}
