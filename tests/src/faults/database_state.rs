//! Reads the content of a database through the store, as a host does.

use std::time::{Duration, Instant};

use sqlx::Executor;
use userbook::{
    Timestamp, User, UserStore,
    event::Event,
    model::ChangeId,
    store::{Outbox, OutboxLimit, SnapshotQuery, StoreError},
};
use userbook_sqlx::{MySqlStore, PostgresStore, SqliteStore, mysql, postgres, sqlite};

use super::directory::users;

/// How long a database may take to recover.
const PATIENCE: Duration = Duration::from_mins(1);

/// A store that can be read: rows and events.
pub(super) trait DatabaseState: UserStore + Outbox {}

impl<S: UserStore + Outbox> DatabaseState for S {}

/// Opens the server's database on a separate connection.
pub(super) fn open(url: &str) -> Box<dyn DatabaseState> {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    let wait = Duration::from_secs(2);
    match scheme {
        "sqlite" => {
            let options = sqlite::connect_options(url).expect("the URL can be read");
            let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
            Box::new(SqliteStore::new(pool))
        }
        "postgres" => {
            let options = postgres::connect_options(url).expect("the URL can be read");
            let pool =
                postgres::pool_options().max_connections(1).acquire_timeout(wait).connect_lazy_with(options);
            Box::new(PostgresStore::new(pool))
        }
        _ => {
            let options = mysql::connect_options(url).expect("the URL can be read");
            let pool = mysql::pool_options().max_connections(1).acquire_timeout(wait);
            let pool = pool.after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(SESSION).await?;
                    // A single server needs no consistent cluster read.
                    connection.execute("SET SESSION wsrep_sync_wait = 15").await?;
                    Ok(())
                })
            });
            Box::new(MySqlStore::new(pool.connect_lazy_with(options)))
        }
    }
}

/// Rejects values that do not fit, and limits lock waits.
const SESSION: &str =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 5";

/// Later than every event: the year 2100.
const LATER: Timestamp = Timestamp::from_timestamp_secs(4_102_444_800).expect("it is a moment");

/// Reads all rows and the new events as of one moment.
pub(super) async fn read(kept: &dyn DatabaseState) -> (Vec<User>, Vec<Event>) {
    let started = Instant::now();
    let mut last: Option<(Vec<User>, Vec<Event>)> = None;
    loop {
        match once(kept).await {
            // Statements in flight have ended as far as other connections can see.
            Ok(now) if last.as_ref() == Some(&now) => {
                // The events are already read; acknowledging an event twice is harmless.
                while acknowledge(kept, &now.1).await.is_err() {
                    assert!(started.elapsed() < PATIENCE, "events can't be acknowledged");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                return now;
            }
            Ok(now) => last = Some(now),
            Err(error) => {
                assert!(started.elapsed() < PATIENCE, "the database can't be read: {error:?}");
                last = None;
            }
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

async fn once(kept: &dyn DatabaseState) -> Result<(Vec<User>, Vec<Event>), StoreError> {
    let mut rows = Vec::new();
    for user in users() {
        rows.extend(kept.load(&SnapshotQuery::user(user)).await?.user);
    }
    Ok((rows, kept.pending(OutboxLimit { events: u32::MAX, bytes: u64::MAX }).await?))
}

async fn acknowledge(kept: &dyn DatabaseState, events: &[Event]) -> Result<(), StoreError> {
    let ids: Vec<ChangeId> = events.iter().map(|event| event.id).collect();
    kept.ack(&ids).await?;
    kept.prune_before(LATER).await.map(drop)
}
