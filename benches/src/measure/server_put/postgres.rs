//! On PostgreSQL, compared with `pgbench` and the four statements that one would write by hand for this request: token,
//! grants, load, commit. Both wait for the disk.

use std::{path::Path, process::Command};

use serde_json::{Map, Value, json};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tokio::runtime::Runtime;
use userbook_tests::servers::postgres::Instance;

use super::{CONNECTIONS, seeded::Seeded};
use crate::{
    Failure,
    baseline::pgbench::program,
    figure::{Bound, Figure},
    measure::{Found, Setting},
    stats::Paired,
};

const SCRIPT: &str = include_str!("../../baseline/sql/put_postgres.pgbench");

pub(crate) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let (seconds, rounds) = (setting.pick(3, 1), setting.pick(5, 1));
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let script = folder.path().join("put.pgbench");
    std::fs::write(&script, SCRIPT)?;
    let postgres = runtime.block_on(Instance::new(&["--synchronous_commit=on"]));
    let options = postgres.options();
    let server = Seeded::start(folder.path(), options.to_url_lossy().as_str())?;

    let (mut worst, mut detail) = (f64::INFINITY, Map::new());
    for connections in CONNECTIONS {
        let mut rate = Paired::default();
        for _ in 0..rounds {
            runtime.block_on(settle(&options))?;
            rate.ours.push(server.put(connections, seconds)?.rate);
            runtime.block_on(settle(&options))?;
            rate.baseline.push(pgbench(&options, &script, connections, seconds)?);
        }
        worst = worst.min(rate.ratio());
        detail.insert(connections.to_string(), rate.detail("requests/s"));
    }
    Ok(Figure {
        name: "server_put_postgres",
        value: worst,
        bound: Bound::AtLeast(0.7),
        baseline: "pgbench: four statements as written by hand for this request, same server, same connections",
        detail: json!({"by_connections": Value::Object(detail)}),
    }
    .into())
}

/// Removes the events of the previous run.
async fn settle(options: &PgConnectOptions) -> Result<(), Failure> {
    let mut connection = PgConnection::connect_with(options).await?;
    for statement in ["TRUNCATE userbook_event", "VACUUM ANALYZE", "CHECKPOINT"] {
        connection.execute(statement).await?;
    }
    Ok(connection.close().await?)
}

/// Returns the transactions per second.
fn pgbench(options: &PgConnectOptions, script: &Path, clients: u32, seconds: u64) -> Result<f64, Failure> {
    let url = options.to_url_lossy();
    let output = Command::new(program())
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--file={}", script.display()))
        .args([
            format!("--client={clients}"),
            format!("--jobs={}", clients.min(2)),
            format!("--time={seconds}"),
        ])
        .args(["-h", options.get_host(), "-p", &options.get_port().to_string()])
        .args(["-U", options.get_username(), options.get_database().unwrap_or_default()])
        .env("PGPASSWORD", url.password().unwrap_or_default())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let failed = text.lines().any(|line| {
        line.strip_prefix("number of failed transactions: ").is_some_and(|count| !count.starts_with("0 "))
    });
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    match rate {
        Some(rate) if output.status.success() && !failed => Ok(rate),
        _ => Err(format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
