//! Kills the server's process and the database's processes.

use std::net::Ipv4Addr;

use sqlx::ConnectOptions;

use super::{
    Outcome,
    cluster_fixture::{ClusterFixture, runtime, some_time},
    cuts, limits,
    scenarios::Rounds,
};
use crate::servers::{
    mariadb, postgres,
    relay::{Relay, Wire},
};

/// SQLite: the database runs in the server's process.
pub(super) fn sqlite(rounds: &Rounds) -> Outcome {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let url = format!("sqlite:{}", folder.path().join("users.db").display());
    let mut fixture = ClusterFixture::in_folder(runtime(), folder, vec![url.clone()], &url, true);
    for _ in 0..rounds.kills {
        fixture.round(|fixture| {
            some_time(3, 60);
            fixture.kill_server(0);
            fixture.start_server(0);
            fixture.outcome.fault("server killed");
            fixture.wait_until_serving(0);
        });
    }
    cuts::clients(&mut fixture, rounds.cuts);
    limits::all(&mut fixture, rounds);
    fixture.outcome
}

/// PostgreSQL, through a relay.
pub(super) fn postgres(rounds: &Rounds) -> Outcome {
    let runtime = runtime();
    let mut database = runtime.block_on(postgres::Instance::new(&[]));
    runtime.block_on(database.run("CREATE DATABASE users"));
    let relay = Relay::<postgres::Postgres>::start((Ipv4Addr::LOCALHOST, database.port()).into());
    let urls = vec![database.url(relay.address().port(), "users")];
    let mut fixture = ClusterFixture::new(runtime, urls, &database.url(database.port(), "users"), true);
    for _ in 0..rounds.kills {
        fixture.round(|fixture| {
            kill_server(fixture);
            fixture.outcome.conflicts += conflicts_of_postgres(fixture, &database);
            database.kill();
            fixture.runtime.block_on(database.start());
            fixture.outcome.fault("database killed");
            fixture.wait_until_serving(0);
        });
    }
    connections(&mut fixture, &relay, rounds);
    limits::frozen(&mut fixture, rounds, |stop| if stop { database.freeze() } else { database.thaw() });
    fixture.outcome
}

/// MariaDB, through a relay.
pub(super) fn mariadb(rounds: &Rounds) -> Outcome {
    let runtime = runtime();
    let mut database = mariadb::Instance::new(&[]);
    let create = "CREATE DATABASE users".to_owned();
    runtime.block_on(mariadb::Server::administer(&database.options(), create));
    let relay = Relay::<mariadb::MariaDb>::start((Ipv4Addr::LOCALHOST, database.port()).into());
    let urls = vec![database.url(relay.address().port(), "users")];
    let mut fixture = ClusterFixture::new(runtime, urls, &database.url(database.port(), "users"), true);
    for _ in 0..rounds.kills {
        fixture.round(|fixture| {
            kill_server(fixture);
            database.kill();
            database.start_again();
            fixture.outcome.fault("database killed");
            fixture.wait_until_serving(0);
        });
    }
    connections(&mut fixture, &relay, rounds);
    limits::frozen(&mut fixture, rounds, |stop| if stop { database.freeze() } else { database.thaw() });
    fixture.outcome
}

fn kill_server(fixture: &mut ClusterFixture) {
    some_time(3, 60);
    fixture.kill_server(0);
    fixture.start_server(0);
    fixture.outcome.fault("server killed");
    some_time(3, 60);
}

fn connections<W: Wire>(fixture: &mut ClusterFixture, relay: &Relay<W>, rounds: &Rounds) {
    cuts::clients(fixture, rounds.cuts);
    cuts::database(fixture, relay, rounds.cuts);
    limits::slow(fixture, relay, rounds);
    limits::all(fixture, rounds);
}

fn conflicts_of_postgres(fixture: &ClusterFixture, database: &postgres::Instance) -> u64 {
    let sql = "SELECT coalesce(sum(deadlocks), 0)::bigint FROM pg_stat_database";
    let count = fixture.runtime.block_on(async {
        let mut connection = database.options().connect().await.ok()?;
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut connection).await.ok()
    });
    count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default()
}
