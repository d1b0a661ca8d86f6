//! Updates per second on MariaDB with 1, 4 and 16 connections, compared with the same statements by hand.

use std::time::Duration;

use serde_json::{Map, Value, json};
use sqlx::{ConnectOptions, Executor};
use tokio::runtime::Runtime;
use userbook::{UserId, store::ImportStore};
use userbook_sqlx::{MySqlStore, mysql::pool_options};
use userbook_tests::servers::mariadb::Database;

use super::{
    Found, Setting,
    load::{run as run_load, updates},
    updates::rename,
};
use crate::{
    Failure,
    baseline::mariadb::{commit, load},
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
    let mut rates: Vec<(u32, Paired, Paired)> = Vec::new();
    // Change ids must not repeat.
    let mut base = 0;
    for connections in CONNECTIONS {
        let (mut rate, mut p99) = (Paired::default(), Paired::default());
        for _ in 0..rounds {
            let pool = pool_options().max_connections(connections).min_connections(connections);
            let pool = runtime.block_on(pool.connect_with(ours.options()))?;
            let store = MySqlStore::new(pool);
            let found = runtime.block_on(updates(store.clone(), connections, USERS_EACH, time))?;
            runtime.block_on(store.pool().close());
            rate.ours.push(found.rate);
            p99.ours.push(found.p99);

            let found = runtime.block_on(async {
                let mut held = Vec::new();
                for _ in 0..connections {
                    let mut connection = other.options().connect().await?;
                    connection.execute("SET SESSION innodb_lock_wait_timeout = 5").await?;
                    held.push(connection);
                }
                run_load(held, time, move |mut connection, task, n| async move {
                    let user = UserId(task * USERS_EACH + n % USERS_EACH + 1);
                    let found = load(&mut connection, user).await?;
                    let mut change = rename(&found, base + n)?;
                    change.fields.username = None;
                    assert!(commit(&mut connection, &change).await?);
                    Ok(connection)
                })
                .await
            })?;
            base += 1_000_000;
            rate.baseline.push(found.rate);
            p99.baseline.push(found.p99);
        }
        rates.push((connections, rate, p99));
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
        bound: Bound::AtLeast(0.85),
        baseline: "handwritten code with the same statements and open connections, at its best count",
        detail: json!({"best_connections": best.0, "by_connections": by_connections}),
    }
    .into())
}

/// Returns a database with users for every connection.
async fn prepared() -> Result<Database, Failure> {
    let database = Database::new().await;
    database.store.import(&rows(16 * USERS_EACH)).await?;
    Ok(database)
}
