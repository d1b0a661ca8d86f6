//! Counts the allocations of a typical PUT on the memory store. The count is equal in every run and on every machine,
//! so that regressions are visible without timing.

use bytes::Bytes;
use userbook_benches::traffic;

/// The recorded count for a PUT that joins no group. Lower it after an improvement.
const ORDINARY: u64 = 100;

/// The recorded count for a PUT that joins a group. The groups of the body are loaded after the caller is authorized,
/// which takes a second load and two more authorizer calls.
const JOINS: u64 = 140;

#[test]
fn ordinary_update_stays_within_the_recorded_allocations() {
    measure(traffic::put_without_join, ORDINARY);
}

#[test]
fn joining_update_stays_within_the_recorded_allocations() {
    measure(traffic::typical_put, JOINS);
}

fn measure(body: impl Fn(i64, bool) -> Bytes, most: u64) {
    let api = traffic::api(10).expect("a directory can be made");
    let put = |variant| traffic::request(7, body(7, variant)).expect("a right request");
    // The first requests fill caches.
    for variant in [true, false] {
        traffic::send(&api, put(variant)).expect("it is answered");
    }
    let mut counts = Vec::new();
    for variant in [true, false, true, false] {
        let request = put(variant);
        let mut answer = None;
        let counted = allocation_counter::measure(|| answer = Some(traffic::send(&api, request)));
        assert!(answer.is_some_and(|answer| answer.is_ok()));
        counts.push(counted.count_total);
    }
    let least = counts.iter().min().copied().unwrap_or_default();
    assert!(least > 50, "{counts:?}: the allocation counter does not work");
    assert!(least <= most, "{counts:?}: more than {most} allocations for an update");
    println!("allocations of an update, at most {most}: {counts:?}");
}
