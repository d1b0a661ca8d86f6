//! Updates per second and the 99th percentile on PostgreSQL with 1, 4, 16 and 64 connections, compared with `pgbench`
//! and the two statements that one would write by hand for exactly this update.

use std::time::Duration;

use serde_json::{Map, Value, json};
use sqlx::{Executor, PgPool};
use tokio::runtime::Runtime;
use userbook::store::ImportStore;
use userbook_sqlx::{PostgresStore, postgres::pool_options};
use userbook_tests::servers::postgres::Database;

use super::{
    Found, Picture, Setting,
    load::{Run, updates},
};
use crate::{
    Failure,
    baseline::pgbench::{self, Pgbench, UPDATE, USERS_EACH},
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
    let folder = tempfile::tempdir_in(&setting.folder)?;
    let pgbench = Pgbench::new(folder.path(), other.options(), UPDATE)?;
    let mut rates = CONNECTIONS.map(|connections| At { connections, ..At::default() });
    for _ in 0..rounds {
        for at in &mut rates {
            let our_run = runtime.block_on(userbook(&ours, at.connections, seconds))?;
            let other_run = by_hand(&runtime, &pgbench, other.pool(), at.connections, seconds)?;
            at.rate.push(our_run.rate, other_run.rate);
            at.p99.push(our_run.p99, other_run.p99);
        }
    }
    Ok(found(&rates))
}

/// The results for one number of connections.
#[derive(Debug, Default)]
struct At {
    connections: u32,
    rate: Paired,
    p99: Paired,
}

async fn userbook(database: &Database, connections: u32, seconds: u64) -> Result<Run, Failure> {
    clear(database.pool()).await?;
    let pool = pool_options().max_connections(connections).min_connections(connections);
    let store = PostgresStore::new(pool.connect_with(database.options()).await?);
    let run = updates(store.clone(), connections, USERS_EACH, Duration::from_secs(seconds)).await?;
    store.pool().close().await;
    Ok(run)
}

fn by_hand(
    runtime: &Runtime,
    pgbench: &Pgbench,
    pool: &PgPool,
    connections: u32,
    seconds: u64,
) -> Result<pgbench::Run, Failure> {
    runtime.block_on(clear(pool))?;
    let run = pgbench.run(connections, seconds)?;
    runtime.block_on(wrote(pool, run.transactions))?;
    Ok(run)
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
    let detail: Map<String, Value> = rates
        .iter()
        .map(|at| {
            let detail = json!({"rate": at.rate.detail("updates/s"), "p99": at.p99.detail("ms")});
            (at.connections.to_string(), detail)
        })
        .collect();
    let worst_rate = rates.iter().map(|at| at.rate.ratio()).fold(f64::INFINITY, f64::min);
    let worst_p99 = rates.iter().map(|at| at.p99.ratio()).fold(0.0, f64::max);
    let figure = |name, value, bound| Figure {
        name,
        value,
        bound,
        baseline: "pgbench: two statements as written by hand for this update, same server; the worst of 1 to 64 connections",
        detail: json!({"by_connections": detail}),
    };
    let line = |name, of: fn(&Paired) -> &Vec<f64>| Series {
        name,
        points: rates.iter().map(|at| [f64::from(at.connections), round(median(of(&at.rate)))]).collect(),
    };
    let picture = Picture {
        title: "PostgreSQL: updates a second against connections",
        axes: ["connections", "updates/s"],
        series: vec![line("userbook", |rate| &rate.ours), line("by hand", |rate| &rate.baseline)],
    };
    Found {
        figures: vec![
            figure("postgres_vs_handwritten", worst_rate, Bound::AtLeast(0.9)),
            figure("postgres_p99_vs_handwritten", worst_p99, Bound::AtMost(1.1)),
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
    Ok(database)
}

/// Removes the events of the previous round, and vacuums the tables.
async fn clear(pool: &PgPool) -> Result<(), Failure> {
    for statement in ["TRUNCATE userbook_event", "VACUUM ANALYZE", "CHECKPOINT"] {
        pool.execute(statement).await?;
    }
    Ok(())
}
