//! Updates per second on MariaDB with 1, 4 and 16 connections, compared with statements written by hand for exactly
//! this update.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use sqlx::ConnectOptions;
use tokio::runtime::Runtime;
use userbook::{UserId, store::ImportStore};
use userbook_sqlx::{MySqlStore, mysql::pool_options};
use userbook_tests::servers::mariadb::Database;

use super::{
    Found, Setting,
    load::{Run, run as run_load, updates},
};
use crate::{
    Failure,
    baseline::mariadb::rename,
    directory::rows,
    figure::{Bound, Figure},
    stats::{Paired, median},
};

const CONNECTIONS: [u32; 3] = [1, 4, 16];
const USERS_EACH: i64 = 1000;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let runtime = Runtime::new()?;
    let time = Duration::from_secs(setting.pick(2, 1));
    let rounds = setting.pick(5, 1);
    let ours = runtime.block_on(prepared())?;
    let other = runtime.block_on(prepared())?;
    let mut rates = CONNECTIONS.map(|connections| (connections, Paired::default(), Paired::default()));
    for _ in 0..rounds {
        for (connections, rate, p99) in &mut rates {
            let our_run = runtime.block_on(userbook(&ours, *connections, time))?;
            let other_run = runtime.block_on(by_hand(&other, *connections, time))?;
            rate.push(our_run.rate, other_run.rate);
            p99.push(our_run.p99, other_run.p99);
        }
    }
    let best =
        rates.iter().max_by(|(_, a, _), (_, b, _)| median(&a.baseline).total_cmp(&median(&b.baseline)));
    let best = best.map_or((0, 0.0), |(connections, rate, _)| (*connections, rate.ratio()));
    let by_connections: Map<String, Value> = rates
        .iter()
        .map(|(n, rate, p99)| {
            (n.to_string(), json!({"rate": rate.detail("updates/s"), "p99": p99.detail("ms")}))
        })
        .collect();
    Ok(Figure {
        name: "mariadb_vs_handwritten",
        value: best.1,
        bound: Bound::AtLeast(0.95),
        baseline: "statements by hand for this update on open connections, without a pool, at their best count",
        detail: json!({"best_connections": best.0, "by_connections": by_connections}),
    }
    .into())
}

async fn userbook(database: &Database, connections: u32, time: Duration) -> Result<Run, Failure> {
    let pool = pool_options().max_connections(connections).min_connections(connections);
    let store = MySqlStore::new(pool.connect_with(database.options()).await?);
    let run = updates(store.clone(), connections, USERS_EACH, time).await?;
    store.pool().close().await;
    Ok(run)
}

async fn by_hand(other: &Database, connections: u32, time: Duration) -> Result<Run, Failure> {
    let mut held = Vec::new();
    for _ in 0..connections {
        held.push(other.options().connect().await?);
    }
    run_load(held, time, |mut connection, task, n| async move {
        let user = UserId(task * USERS_EACH + n % USERS_EACH + 1);
        assert!(rename(&mut connection, user, &format!("Number {n} {:?}", Instant::now())).await?);
        Ok(connection)
    })
    .await
}

/// Returns a database with users for every connection.
async fn prepared() -> Result<Database, Failure> {
    let database = Database::new().await;
    database.store.import(&rows(16 * USERS_EACH)).await?;
    Ok(database)
}
