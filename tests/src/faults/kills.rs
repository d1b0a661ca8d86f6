//! The server's process is killed, and the database's.

use std::net::Ipv4Addr;

use sqlx::ConnectOptions;

use super::{
    Outcome, cuts, limits,
    scenarios::Rounds,
    stage::{Stage, runtime, some_time},
};
use crate::servers::{
    mariadb, postgres,
    relay::{Relay, Wire},
};

/// SQLite: the database is in the server's process.
pub(super) fn sqlite(rounds: &Rounds) -> Outcome {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let url = format!("sqlite:{}", folder.path().join("users.db").display());
    let mut stage = Stage::in_folder(runtime(), folder, vec![url.clone()], &url, true);
    for _ in 0..rounds.kills {
        stage.round(|stage| {
            some_time(3, 60);
            stage.kill_server(0);
            stage.start_server(0);
            stage.outcome.fault("server killed");
            stage.wait_until_serving(0);
        });
    }
    cuts::clients(&mut stage, rounds.cuts);
    limits::all(&mut stage, rounds);
    stage.outcome
}

/// PostgreSQL, through a relay.
pub(super) fn postgres(rounds: &Rounds) -> Outcome {
    let runtime = runtime();
    let mut database = runtime.block_on(postgres::Instance::new(&[]));
    runtime.block_on(database.run("CREATE DATABASE users"));
    let relay = Relay::<postgres::Postgres>::start((Ipv4Addr::LOCALHOST, database.port()).into());
    let urls = vec![database.url(relay.address().port(), "users")];
    let mut stage = Stage::new(runtime, urls, &database.url(database.port(), "users"), true);
    for _ in 0..rounds.kills {
        stage.round(|stage| {
            kill_server(stage);
            stage.outcome.conflicts += conflicts_of_postgres(stage, &database);
            database.kill();
            stage.runtime.block_on(database.start());
            stage.outcome.fault("database killed");
            stage.wait_until_serving(0);
        });
    }
    connections(&mut stage, &relay, rounds);
    limits::frozen(&mut stage, rounds, |stop| if stop { database.freeze() } else { database.thaw() });
    stage.outcome
}

/// MariaDB, through a relay.
pub(super) fn mariadb(rounds: &Rounds) -> Outcome {
    let runtime = runtime();
    let mut database = mariadb::Instance::new(&[]);
    let create = "CREATE DATABASE users".to_owned();
    runtime.block_on(mariadb::Server::administer(&database.options(), create));
    let relay = Relay::<mariadb::MariaDb>::start((Ipv4Addr::LOCALHOST, database.port()).into());
    let urls = vec![database.url(relay.address().port(), "users")];
    let mut stage = Stage::new(runtime, urls, &database.url(database.port(), "users"), true);
    for _ in 0..rounds.kills {
        stage.round(|stage| {
            kill_server(stage);
            database.kill();
            database.start_again();
            stage.outcome.fault("database killed");
            stage.wait_until_serving(0);
        });
    }
    connections(&mut stage, &relay, rounds);
    limits::frozen(&mut stage, rounds, |stop| if stop { database.freeze() } else { database.thaw() });
    stage.outcome
}

fn kill_server(stage: &mut Stage) {
    some_time(3, 60);
    stage.kill_server(0);
    stage.start_server(0);
    stage.outcome.fault("server killed");
    some_time(3, 60);
}

fn connections<W: Wire>(stage: &mut Stage, relay: &Relay<W>, rounds: &Rounds) {
    cuts::clients(stage, rounds.cuts);
    cuts::database(stage, relay, rounds.cuts);
    limits::slow(stage, relay, rounds);
    limits::all(stage, rounds);
}

fn conflicts_of_postgres(stage: &Stage, database: &postgres::Instance) -> u64 {
    let sql = "SELECT coalesce(sum(deadlocks), 0)::bigint FROM pg_stat_database";
    let count = stage.runtime.block_on(async {
        let mut connection = database.options().connect().await.ok()?;
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut connection).await.ok()
    });
    count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default()
}
