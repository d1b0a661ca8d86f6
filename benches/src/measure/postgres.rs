//! Updates a second and the 99th percentile on PostgreSQL at 1, 4, 16 and 64 connections, against `pgbench` running
//! the very same two statements on the same server.

use std::time::Duration;

use serde_json::{Map, Value, json};
use sqlx::{Executor, PgPool};
use tokio::runtime::Runtime;
use userbook::SeedStore;
use userbook_sqlx::{PostgresStore, postgres::pool_options};
use userbook_tests::servers::postgres::Database;

use super::{Found, Picture, Setting, load::updates, updates::rename};
use crate::{
    Failure,
    baseline::pgbench::{Pgbench, RESET, USERS_EACH},
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
    let pgbench = Pgbench::new(folder.path(), other.options(), &body)?;

    let mut rates: Vec<(u32, Paired, Paired)> = Vec::new();
    for connections in CONNECTIONS {
        let (mut rate, mut p99) = (Paired::default(), Paired::default());
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
            rate.ours.push(found.rate);
            p99.ours.push(found.p99);

            runtime.block_on(other.pool().execute(RESET))?;
            runtime.block_on(other.pool().execute("DELETE FROM userbook_event"))?;
            runtime.block_on(settle(other.pool()))?;
            runtime.block_on(settle(ours.pool()))?;
            let found = pgbench.run(connections, seconds)?;
            let events: i64 = runtime.block_on(
                sqlx::query_scalar("SELECT count(*) FROM userbook_event").fetch_one(other.pool()),
            )?;
            if usize::try_from(events)? != found.updates {
                return Err(format!("pgbench wrote {events} events in {} updates", found.updates).into());
            }
            rate.baseline.push(found.rate);
            p99.baseline.push(found.p99);
        }
        rates.push((connections, rate, p99));
    }
    Ok(found(&rates))
}

fn found(rates: &[(u32, Paired, Paired)]) -> Found {
    let best =
        rates.iter().max_by(|(_, a, _), (_, b, _)| median(&a.baseline).total_cmp(&median(&b.baseline)));
    let best =
        best.map_or((0, 0.0, 0.0), |(connections, rate, p99)| (*connections, rate.ratio(), p99.ratio()));
    let detail: Map<String, Value> = rates
        .iter()
        .map(|(connections, rate, p99)| {
            (connections.to_string(), json!({"rate": rate.detail("updates/s"), "p99": p99.detail("ms")}))
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
        points: rates.iter().map(|(n, rate, _)| [f64::from(*n), round(median(of(rate)))]).collect(),
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

/// A database with users for every connection.
async fn prepared() -> Result<Database, Failure> {
    let database = Database::new().await;
    database
        .store
        .import(&rows(i64::from(CONNECTIONS.iter().copied().max().unwrap_or(1)) * USERS_EACH))
        .await?;
    settle(database.pool()).await?;
    Ok(database)
}

/// Both start each round with tables in order.
async fn settle(pool: &PgPool) -> Result<(), Failure> {
    pool.execute("VACUUM ANALYZE").await?;
    pool.execute("CHECKPOINT").await?;
    Ok(())
}
