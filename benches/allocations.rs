//! Allocations of a typical PUT on the memory store, counted: the same on every run and every machine, so that a
//! regression shows without a clock.

use userbook_benches::traffic;

/// What was recorded, and a little room for the standard library's next release. Lower it when something was gained.
const MOST: u64 = 125;

#[test]
fn an_update_allocates_no_more_than_recorded() {
    let api = traffic::api(10).expect("a directory can be made");
    let put = |variant| traffic::request(7, traffic::typical_put(7, variant)).expect("a right request");
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
    assert!(least <= MOST, "{counts:?}: more than {MOST} allocations for an update");
    println!("allocations of an update: {counts:?}");
}
