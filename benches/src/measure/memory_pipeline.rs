//! Body → decision → memory store → response, compared with handwritten code.

use std::time::Instant;

use userbook::Policy;

use super::{Found, Setting};
use crate::{
    Failure,
    baseline::handwritten::Handwritten,
    directory::rows,
    figure::{Bound, Figure},
    stats::try_paired,
    traffic::{self, Api},
};

const USERS: i64 = 1000;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let api = traffic::api(USERS)?;
    let by_hand = Handwritten::new(&rows(USERS));
    let bodies = [false, true].map(|variant| {
        let body = move |user| (user, traffic::typical_put(user, variant));
        (1..=USERS).map(body).collect::<Vec<_>>()
    });
    same_bytes(&api, &by_hand)?;

    let rounds = setting.pick(101, 15);
    let [mut ours_turn, mut its_turn] = [0, 0];
    let paired = try_paired(
        rounds,
        || {
            let bodies = turn(&bodies, &mut ours_turn);
            let mut requests = Vec::with_capacity(bodies.len());
            for (user, body) in bodies {
                requests.push(traffic::request(*user, body.clone())?);
            }
            let start = Instant::now();
            for request in requests {
                traffic::send(&api, request)?;
            }
            let time = per_update(start);
            traffic::drain(api.service().store())?;
            Ok::<_, Failure>(time)
        },
        || {
            let bodies = turn(&bodies, &mut its_turn);
            let start = Instant::now();
            for (user, body) in bodies {
                by_hand.put(*user, body).ok_or("the baseline rejected the request")?;
            }
            Ok(per_update(start))
        },
    )?;
    Ok(Figure {
        name: "memory_pipeline_vs_handwritten",
        value: paired.ratio(),
        bound: Bound::AtMost(1.4),
        baseline: "a struct in, a map, a struct out: the same bytes, no rule, no event",
        detail: paired.detail("ns per PUT"),
    }
    .into())
}

/// Returns the requests of all users, alternating between the variants.
fn turn<'a, T>(bodies: &'a [Vec<T>; 2], turn: &mut usize) -> &'a [T] {
    *turn += 1;
    let [even, odd] = bodies;
    if turn.is_multiple_of(2) { even } else { odd }
}

fn per_update(start: Instant) -> f64 {
    start.elapsed().as_nanos() as f64 / USERS as f64
}

/// Checks that both do the same work.
fn same_bytes(api: &Api, by_hand: &Handwritten) -> Result<(), Failure> {
    assert_eq!(*api.service().policy(), Policy::hardened());
    let body = traffic::typical_put(7, true);
    let ours = traffic::send(api, traffic::request(7, body.clone())?)?.into_body();
    let other = by_hand.put(7, &body).unwrap_or_default();
    if ours == other {
        Ok(())
    } else {
        let [ours, other] = [&ours[..], &other].map(String::from_utf8_lossy);
        Err(format!("different answers:\n{ours}\n{other}").into())
    }
}
