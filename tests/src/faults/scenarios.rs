//! The scenarios by name, and how long they go on.

use std::time::Instant;

use super::{Outcome, failover, galera, host, kills, limits};

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounds {
    /// Kills of the server, and as many of the database where it is a server of its own.
    pub kills: usize,
    /// Points at which a client's connection is cut, and as many for the server's to the database; and as many
    /// under load.
    pub cuts: usize,
    /// Promotions of a standby.
    pub failovers: usize,
    /// Nodes of a cluster that are lost.
    pub node_losses: usize,
    /// Rounds of each other fault.
    pub others: usize,
    /// Connections that say nothing.
    pub idle_connections: usize,
}

impl Rounds {
    /// So many kills, and the rest in proportion.
    pub fn of(kills: usize) -> Self {
        Self {
            kills,
            cuts: (kills / 4).max(10),
            failovers: kills.div_ceil(10),
            node_losses: kills.div_ceil(10),
            others: kills.div_ceil(50),
            idle_connections: (kills * 50).min(10_000),
        }
    }

    /// What a change of the code has to pass.
    pub fn short() -> Self {
        Self::of(10)
    }

    /// What a release has to pass.
    pub fn full() -> Self {
        Self { cuts: 100, node_losses: 30, ..Self::of(200) }
    }
}

/// The scenarios: stores, and then clusters.
pub const NAMES: [&str; 7] =
    ["sqlite", "postgres", "mariadb", "full-disk", "host", "postgres-failover", "mariadb-galera"];

/// Plays one of [`NAMES`].
///
/// # Panics
/// If there is no such scenario, or if it cannot be played: a server that does not start, or does not recover.
pub fn run(name: &str, rounds: &Rounds) -> Outcome {
    let started = Instant::now();
    let mut outcome = match name {
        "sqlite" => kills::sqlite(rounds),
        "postgres" => kills::postgres(rounds),
        "mariadb" => kills::mariadb(rounds),
        "full-disk" => limits::full_disk(rounds),
        "host" => host::all(rounds),
        "postgres-failover" => failover::postgres(rounds),
        "mariadb-galera" => galera::mariadb(rounds),
        other => panic!("there is no scenario {other}; there are {NAMES:?}"),
    };
    outcome.seconds = started.elapsed().as_secs();
    outcome
}
