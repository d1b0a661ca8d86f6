//! Cut connections: between client and server, and between server and database at every step of the protocol.

use super::{
    client::Kind,
    cluster_fixture::{ClusterFixture, some_time},
};
use crate::servers::relay::{Cut, Relay, Wire};

/// Disconnects clients after each part of a request, and after the whole request without waiting for the response.
pub(super) fn clients(fixture: &mut ClusterFixture, points: usize) {
    for point in 1..=points {
        let kind = Kind::ALL[point % Kind::ALL.len()];
        // A tenth of the clients has sent the whole request.
        let part = if point % 10 == 0 { 1000 } else { 1000 * point / points };
        fixture.send_part(kind, part);
        fixture.outcome.fault("client gone");
    }
    fixture.wait_until_serving(0);
    fixture.check();
}

/// Cuts at each message of an update, on open and on new connections, at each place of [`Cut`]; then under load.
pub(super) fn database<W: Wire>(fixture: &mut ClusterFixture, relay: &Relay<W>, points: usize) {
    for kind in Kind::ALL {
        for anew in [false, true] {
            let messages = count(fixture, relay, kind, anew);
            // With fewer points than messages, spread the points.
            let step = (2 * Kind::ALL.len() * Cut::ALL.len() * messages / points.max(1)).max(1);
            for n in 0..messages.div_ceil(step) {
                for (place, cut) in Cut::ALL.into_iter().enumerate() {
                    at(fixture, relay, kind, anew, n * step + place % step, cut);
                }
            }
            fixture.check();
        }
    }
    for n in 0..points {
        fixture.round(|fixture| {
            let mut until = fastrand::usize(1..60);
            let is_it = move |_: &W::Message| {
                until -= 1;
                until == 0
            };
            relay.cut(is_it, Cut::ALL[n % Cut::ALL.len()]);
            some_time(30, 60);
            if !relay.is_still_to_cut() {
                fixture.outcome.fault("connection cut under load");
            }
        });
    }
}

/// Counts the messages of one update of this kind.
fn count<W: Wire>(fixture: &mut ClusterFixture, relay: &Relay<W>, kind: Kind, anew: bool) -> usize {
    fixture.wait_until_serving(0);
    if anew {
        relay.cut_all();
    }
    relay.seen();
    fixture.send(kind, 0);
    relay.seen().len().max(1)
}

fn at<W: Wire>(
    fixture: &mut ClusterFixture,
    relay: &Relay<W>,
    kind: Kind,
    anew: bool,
    message: usize,
    cut: Cut,
) {
    if anew {
        relay.cut_all();
    }
    let mut before = message;
    let is_it = move |_: &W::Message| {
        let is_it = before == 0;
        before = before.saturating_sub(1);
        is_it
    };
    relay.cut(is_it, cut);
    fixture.send(kind, 0);
    if !relay.is_still_to_cut() {
        fixture.outcome.fault("connection cut");
    }
}
