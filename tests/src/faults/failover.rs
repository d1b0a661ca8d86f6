//! PostgreSQL with a synchronous standby: the primary dies under load, the standby takes its place.

use std::net::Ipv4Addr;

use super::{
    Outcome,
    scenarios::Rounds,
    stage::{Stage, runtime, some_time},
};
use crate::servers::{
    postgres::{Instance, Postgres},
    relay::Relay,
};

/// A commit is acknowledged when a standby has it on disk, too.
const SYNCHRONOUS: &str = "--synchronous_standby_names=*";

pub(super) fn postgres(rounds: &Rounds) -> Outcome {
    let runtime = runtime();
    let mut primary = runtime.block_on(Instance::new(&[SYNCHRONOUS]));
    let mut standby = runtime.block_on(primary.standby());
    runtime.block_on(primary.run("CREATE DATABASE users"));
    // What stands before the servers in production, too: an address that leads to the primary of the day.
    let relay = Relay::<Postgres>::start((Ipv4Addr::LOCALHOST, primary.port()).into());
    let url = primary.url(relay.address().port(), "users");
    let mut stage = Stage::new(runtime, vec![url.clone()], &url, true);
    for _ in 0..rounds.failovers {
        stage.round(|stage| {
            some_time(50, 200);
            // The old primary is certainly gone before another one is.
            primary.kill();
            stage.runtime.block_on(standby.promote());
            relay.redirect((Ipv4Addr::LOCALHOST, standby.port()).into());
            relay.cut_all();
            let next = stage.runtime.block_on(standby.standby());
            std::mem::replace(&mut primary, std::mem::replace(&mut standby, next)).destroy();
            stage.outcome.fault("fail-over");
            stage.wait_until_serving(0);
            some_time(20, 100);
        });
    }
    stage.outcome
}
