//! Updates per second and the 99th percentile on PostgreSQL with 1, 4, 16 and 64 connections, compared with `pgbench`
//! and the same two statements on the same server.

use std::time::Duration;

use serde_json::{Map, Value, json};
use sqlx::{Executor, PgPool};
use tokio::runtime::Runtime;
use userbook::store::ImportStore;
use userbook_sqlx::{PostgresStore, postgres::pool_options};
use userbook_tests::servers::postgres::Database;

use super::{Found, Picture, Setting, load::updates, updates::rename};
use crate::{
    Failure,
    baseline::pgbench::{Pgbench, RESET, USERS_EACH, Way},
    directory::rows,
    figure::{Bound, Figure},
    plot::Series,
    stats::{Paired, median, round},
};

const CONNECTIONS: [u32; 4] = [1, 4, 16, 64];

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let (seconds, rounds) = (setting.pick(2, 1), setting.pick(5, 1));
    let ours = runtime.block_on(prepared())?;
    let other = runtime.block_on(prepared())?;
    let body = serde_json::to_string(&*rename(&crate::user(1, true, []), 1)?.event)?;
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let by = |way| Pgbench::new(folder.path(), other.options(), &body, way);
    let (pgbench, folded) = (by(Way::Same)?, by(Way::Folded)?);

    let mut rates = Vec::new();
    for connections in CONNECTIONS {
        let mut at = At { connections, ..At::default() };
        for _ in 0..rounds {
            let pool = pool_options().max_connections(connections).min_connections(connections);
            let pool = runtime.block_on(pool.connect_with(ours.options()))?;
            let store = PostgresStore::new(pool);
            let found = runtime.block_on(updates(
                store.clone(),
                connections,
                USERS_EACH,
                Duration::from_secs(seconds),
            ))?;
            runtime.block_on(store.pool().close());
            runtime.block_on(settle(ours.pool()))?;
            at.rate.ours.push(found.rate);
            at.folded.ours.push(found.rate);
            at.p99.ours.push(found.p99);

            let found =
                runtime.block_on(prepare(other.pool())).and_then(|()| pgbench.run(connections, seconds))?;
            runtime.block_on(wrote(other.pool(), found.updates))?;
            at.rate.baseline.push(found.rate);
            at.p99.baseline.push(found.p99);

            let found =
                runtime.block_on(prepare(other.pool())).and_then(|()| folded.run(connections, seconds))?;
            runtime.block_on(wrote(other.pool(), found.updates))?;
            at.folded.baseline.push(found.rate);
        }
        rates.push(at);
    }
    Ok(found(&rates))
}

/// The results for one number of connections.
#[derive(Debug, Default)]
struct At {
    connections: u32,
    rate: Paired,
    p99: Paired,
    folded: Paired,
}

/// Resets the baseline's database to the initial state of its script.
async fn prepare(pool: &PgPool) -> Result<(), Failure> {
    pool.execute(RESET).await?;
    pool.execute("DELETE FROM userbook_event").await?;
    settle(pool).await
}

/// Checks that the baseline wrote what it reports.
async fn wrote(pool: &PgPool, updates: usize) -> Result<(), Failure> {
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM userbook_event").fetch_one(pool).await?;
    if usize::try_from(events)? == updates {
        Ok(())
    } else {
        Err(format!("pgbench wrote {events} events in {updates} updates").into())
    }
}

fn found(rates: &[At]) -> Found {
    let best = rates.iter().max_by(|a, b| median(&a.rate.baseline).total_cmp(&median(&b.rate.baseline)));
    let best = best.map_or((0, 0.0, 0.0), |at| (at.connections, at.rate.ratio(), at.p99.ratio()));
    let detail: Map<String, Value> = rates
        .iter()
        .map(|at| {
            let [rate, folded] = [&at.rate, &at.folded].map(|rate| rate.detail("updates/s"));
            let p99 = at.p99.detail("ms");
            (at.connections.to_string(), json!({"rate": rate, "p99": p99, "against_folded_text": folded}))
        })
        .collect();
    let figure = |name, value, bound| Figure {
        name,
        value,
        bound,
        baseline: "pgbench: the same two statements, prepared, same server, at its best client count",
        detail: json!({"best_connections": best.0, "by_connections": detail}),
    };
    let line = |name, of: fn(&Paired) -> &Vec<f64>| Series {
        name,
        points: rates.iter().map(|at| [f64::from(at.connections), round(median(of(&at.rate)))]).collect(),
    };
    let picture = Picture {
        title: "PostgreSQL: updates a second against connections",
        axes: ["connections", "updates/s"],
        series: vec![line("userbook", |rate| &rate.ours), line("pgbench", |rate| &rate.baseline)],
    };
    Found {
        figures: vec![
            figure("postgres_vs_pgbench", best.1, Bound::AtLeast(0.85)),
            figure("postgres_p99_vs_pgbench", best.2, Bound::AtMost(1.3)),
        ],
        plots: vec![("throughput.svg", picture)],
    }
}

/// Returns a database with users for every connection.
async fn prepared() -> Result<Database, Failure> {
    let database = Database::new().await;
    database
        .store
        .import(&rows(i64::from(CONNECTIONS.iter().copied().max().unwrap_or(1)) * USERS_EACH))
        .await?;
    settle(database.pool()).await?;
    Ok(database)
}

/// Vacuums the tables before each round.
async fn settle(pool: &PgPool) -> Result<(), Failure> {
    pool.execute("VACUUM ANALYZE").await?;
    pool.execute("CHECKPOINT").await?;
    Ok(())
}
