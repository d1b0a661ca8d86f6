//! Allocations of a typical PUT on the memory store, counted: the same on every run and every machine, so that a
//! regression shows without a clock.

use bytes::Bytes;
use userbook_benches::traffic;

/// What was recorded for a PUT that joins no group. Lower it when something was gained.
const ORDINARY: u64 = 100;

/// What was recorded for one that joins a group: the caller is authorized before the groups that the body names are
/// loaded, so it takes a second load and two more calls of the authorizer.
const JOINS: u64 = 140;

#[test]
fn an_ordinary_update_allocates_no_more_than_recorded() {
    measure(traffic::put_without_join, ORDINARY);
}

#[test]
fn an_update_that_joins_a_group_allocates_no_more_than_recorded() {
    measure(traffic::typical_put, JOINS);
}

fn measure(body: impl Fn(i64, bool) -> Bytes, most: u64) {
    let api = traffic::api(10).expect("a directory can be made");
    let put = |variant| traffic::request(7, body(7, variant)).expect("a right request");
    // The first ones fill what is filled once.
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
    assert!(least > 50, "{counts:?}: the counter counts nothing");
    assert!(least <= most, "{counts:?}: more than {most} allocations for an update");
    println!("allocations of an update, at most {most}: {counts:?}");
}
