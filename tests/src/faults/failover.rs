//! PostgreSQL with a synchronous standby: the primary is killed under load, and the standby is promoted.

use std::net::Ipv4Addr;

use super::{
    Outcome,
    cluster_fixture::{ClusterFixture, runtime, some_time},
    scenarios::Rounds,
};
use crate::servers::{
    postgres::{Instance, Postgres},
    relay::Relay,
};

/// A commit is acknowledged only after a standby has it on disk too.
const SYNCHRONOUS: &str = "--synchronous_standby_names=*";

pub(super) fn postgres(rounds: &Rounds) -> Outcome {
    let runtime = runtime();
    let mut primary = runtime.block_on(Instance::new(&[SYNCHRONOUS]));
    let mut standby = runtime.block_on(primary.standby());
    runtime.block_on(primary.run("CREATE DATABASE users"));
    // As in production, an address that leads to the current primary.
    let relay = Relay::<Postgres>::start((Ipv4Addr::LOCALHOST, primary.port()).into());
    let url = primary.url(relay.address().port(), "users");
    let mut fixture = ClusterFixture::new(runtime, vec![url.clone()], &url, true);
    for _ in 0..rounds.failovers {
        fixture.round(|fixture| {
            some_time(50, 200);
            // The old primary ends before another one exists.
            primary.kill();
            fixture.runtime.block_on(standby.promote());
            relay.redirect((Ipv4Addr::LOCALHOST, standby.port()).into());
            relay.cut_all();
            let next = fixture.runtime.block_on(standby.standby());
            std::mem::replace(&mut primary, std::mem::replace(&mut standby, next)).destroy();
            fixture.outcome.fault("fail-over");
            fixture.wait_until_serving(0);
            some_time(20, 100);
        });
    }
    fixture.outcome
}
