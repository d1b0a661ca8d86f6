//! Connections that are cut: between client and server, and between server and database at every step of their
//! protocol.

use super::{
    client::Kind,
    stage::{Stage, some_time},
};
use crate::servers::relay::{Cut, Relay, Wire};

/// Clients that go away: after each part of a request, and after all of it without waiting for the answer.
pub(super) fn clients(stage: &mut Stage, points: usize) {
    for point in 1..=points {
        let kind = Kind::ALL[point % Kind::ALL.len()];
        // A tenth of them has sent everything.
        let part = if point % 10 == 0 { 1000 } else { 1000 * point / points };
        stage.ask_part(kind, part);
        stage.outcome.fault("client gone");
    }
    stage.wait_until_serving(0);
    stage.check();
}

/// At each message that an update sends, on connections that are open already and on those that have to be made,
/// in each of the places of [`Cut`]; then at messages of many updates at once.
pub(super) fn database<W: Wire>(stage: &mut Stage, relay: &Relay<W>, points: usize) {
    for kind in Kind::ALL {
        for anew in [false, true] {
            let messages = count(stage, relay, kind, anew);
            // Fewer points than there are messages: they are spread.
            let step = (2 * Kind::ALL.len() * Cut::ALL.len() * messages / points.max(1)).max(1);
            for n in 0..messages.div_ceil(step) {
                for (place, cut) in Cut::ALL.into_iter().enumerate() {
                    at(stage, relay, kind, anew, n * step + place % step, cut);
                }
            }
            stage.check();
        }
    }
    for n in 0..points {
        stage.round(|stage| {
            let mut until = fastrand::usize(1..60);
            let is_it = move |_: &W::Message| {
                until -= 1;
                until == 0
            };
            relay.cut(is_it, Cut::ALL[n % Cut::ALL.len()]);
            some_time(30, 60);
            if !relay.is_still_to_cut() {
                stage.outcome.fault("connection cut under load");
            }
        });
    }
}

/// How many messages an update of this kind sends.
fn count<W: Wire>(stage: &mut Stage, relay: &Relay<W>, kind: Kind, anew: bool) -> usize {
    stage.wait_until_serving(0);
    if anew {
        relay.cut_all();
    }
    relay.seen();
    stage.ask(kind, 0);
    relay.seen().len().max(1)
}

fn at<W: Wire>(stage: &mut Stage, relay: &Relay<W>, kind: Kind, anew: bool, message: usize, cut: Cut) {
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
    stage.ask(kind, 0);
    if !relay.is_still_to_cut() {
        stage.outcome.fault("connection cut");
    }
}
