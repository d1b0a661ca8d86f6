//! The scenarios by name, and their size.

use std::time::Instant;

use super::{Outcome, failover, galera, host, kills, limits};

/// The number of faults of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounds {
    /// Kills of the server, and as many of a separate database server.
    pub kills: usize,
    /// Points at which a client connection is cut; as many for the database connection, and as many under load.
    pub cuts: usize,
    /// Promotions of a standby.
    pub failovers: usize,
    /// Lost cluster nodes.
    pub node_losses: usize,
    /// Rounds of each other fault.
    pub others: usize,
    /// Connections that send nothing.
    pub idle_connections: usize,
}

impl Rounds {
    /// Scales all counts to this number of kills.
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

    /// The size for a code change.
    pub fn short() -> Self {
        Self::of(10)
    }

    /// The size for a release.
    pub fn full() -> Self {
        Self { cuts: 100, node_losses: 30, ..Self::of(200) }
    }
}

/// The scenarios: first single stores, then clusters.
pub const NAMES: [&str; 7] =
    ["sqlite", "postgres", "mariadb", "full-disk", "host", "postgres-failover", "mariadb-galera"];

/// Runs one of [`NAMES`].
///
/// # Panics
/// Panics for an unknown name, and if a server does not start or does not recover.
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
