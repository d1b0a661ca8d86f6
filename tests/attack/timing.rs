//! H4: an update of an authorized caller while anonymous clients attack.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use serde_json::json;
use userbook_tests::binary::{exchange, request};

use crate::{
    bombs::{ADDRESS_SPACE, bombs},
    fixture::*,
    server::Served,
};

fn median_of_updates(served: &Served, updates: usize) -> Duration {
    let mut times: Vec<Duration> = (0..updates)
        .map(|n| {
            let start = Instant::now();
            assert_eq!(served.patch(DESK, ALICE, &json!({"name": format!("{:?} {n}", start)})), 200);
            start.elapsed()
        })
        .collect();
    times.sort();
    times[updates / 2]
}

/// Twelve anonymous clients send large bodies one after the other.
#[test]
#[ignore = "measures time"]
fn h4_updates_stay_fast_under_anonymous_bombs() {
    let served = Served::within(ADDRESS_SPACE, &[]);
    let address = served.server.address;
    median_of_updates(&served, 20);
    let quiet = median_of_updates(&served, 200);
    let stop = AtomicBool::new(false);
    let busy = std::thread::scope(|scope| {
        for client in 0..12 {
            let stop = &stop;
            scope.spawn(move || {
                let bombs = bombs();
                for round in client.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let bomb = &bombs[round % bombs.len()];
                    let headers = [("content-type", bomb.media_type)];
                    let bytes =
                        request(address, "PATCH", "/api/v3/core/users/1/", &headers, Some(&bomb.body));
                    assert_eq!(exchange(address, &bytes).unwrap().status, 403);
                }
            });
        }
        let busy = median_of_updates(&served, 200);
        stop.store(true, Ordering::Relaxed);
        busy
    });
    println!("median of an update: quiet {quiet:?}, under attack {busy:?}");
    assert!(busy < 5 * quiet, "quiet {quiet:?}, under attack {busy:?}");
}
