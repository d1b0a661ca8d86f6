//! On PostgreSQL, compared with `pgbench` and the four statements that one would write by hand for this request: token,
//! grants, load, commit. Both wait for the disk.

use sqlx::{ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tokio::runtime::Runtime;
use userbook_tests::servers::postgres::Instance;

use super::{CONNECTIONS, rates::Rates, seeded::Seeded};
use crate::{
    Failure,
    baseline::pgbench::{PUT, Pgbench},
    figure::{Bound, Figure},
    measure::{Found, Setting},
};

pub(crate) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let (seconds, rounds) = (setting.pick(2, 1), setting.pick(5, 1));
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let postgres = runtime.block_on(Instance::new(&["--synchronous_commit=on"]));
    let options = postgres.options();
    let pgbench = Pgbench::new(folder.path(), options.clone(), PUT)?;
    let server = Seeded::start(folder.path(), options.to_url_lossy().as_str())?;
    let rates = Rates::measure(
        &CONNECTIONS,
        rounds,
        |connections| {
            runtime.block_on(settle(&options))?;
            Ok(server.put(connections, seconds)?.rate)
        },
        |connections| {
            runtime.block_on(settle(&options))?;
            Ok(pgbench.run(connections, seconds)?.rate)
        },
    )?;
    let figure = |name, value, least| Figure {
        name,
        value,
        bound: Bound::AtLeast(least),
        baseline: "pgbench: four statements as written by hand for this request, same server, same connections; the worst count",
        detail: rates.detail(),
    };
    let figures = vec![
        figure("server_put_postgres", rates.worst(|_| true), 0.7),
        Figure {
            baseline: "itself with fewer connections: the least ratio of a step from 1 to 4, 16 and 64",
            detail: rates.ours(),
            ..figure("server_put_postgres_growth", rates.growth(), 1.0)
        },
    ];
    Ok(Found { figures, plots: Vec::new() })
}

/// Removes the events of the previous run.
async fn settle(options: &PgConnectOptions) -> Result<(), Failure> {
    let mut connection = PgConnection::connect_with(options).await?;
    for statement in ["TRUNCATE userbook_event", "VACUUM ANALYZE", "CHECKPOINT"] {
        connection.execute(statement).await?;
    }
    Ok(connection.close().await?)
}
