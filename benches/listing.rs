//! Page 1 by username with its count, and an exact username, with 1,000 and with 1,000,000 users: both sizes must cost
//! the same. Prints the ratio of the medians for each store.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "prints ratios of small numbers")]

use std::{error::Error, path::Path, time::Instant};

use sqlx::sqlite::SqlitePoolOptions;
use userbook::{
    Group, User,
    model::ANONYMOUS_USERNAME,
    store::{ImportData, ImportStore, ListStore, Order, Scope, UserColumn, UserFilter, UserListQuery},
};
use userbook_benches::{group, group_id, user};
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use userbook_tests::servers::postgres::Database;

const SMALL: i64 = 1_000;
const LARGE: i64 = 1_000_000;
const PAGE: u32 = 20;
const WARM_UP: i64 = 100;
const ROUNDS: i64 = 1001;
/// A prime, so that names come from all parts of the table and rarely repeat.
const STRIDE: i64 = 7919;

/// The statements fill a SQLite database; the only parameter is the number of users. An import would hold a million
/// users in memory. Triggers count these rows like others.
const SQLITE_ROWS: [&str; 3] = [
    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1) \
     INSERT INTO userbook_user (id, uuid, username, name, email, is_active, last_login, path, type, attributes, \
     password_change_date, created_at, updated_at, revision, version, session_epoch) \
     SELECT n + 1, unhex(printf('%032x', n + 1)), printf('user%07d', n), printf('User Number %07d', n), \
     printf('user%07d@example.com', n), 1, NULL, 'users/staff', 'internal', '{\"team\": \"red\"}', 0, n, n, \
     unhex(printf('%032x', n + 1)), 1, unhex(printf('%032x', n + 1)) FROM number",
    "INSERT INTO userbook_membership (user_id, group_id, can_act) \
     SELECT u.id, g.id, u.can_act FROM userbook_user AS u \
     JOIN userbook_group AS g ON g.name = 'group ' || (u.id % 10) WHERE u.id BETWEEN 2 AND ?1 + 1",
    "UPDATE userbook_epoch SET value = ?1 + 2 WHERE name = 'next_user'",
];

/// The statements for PostgreSQL.
const POSTGRES_ROWS: [&str; 3] = [
    "INSERT INTO userbook_user (id, uuid, username, name, email, is_active, last_login, path, type, attributes, \
     password_change_date, created_at, updated_at, revision, version, session_epoch) \
     SELECT n + 1, lpad(to_hex(n + 1), 32, '0')::uuid, 'user' || lpad(n::text, 7, '0'), \
     'User Number ' || lpad(n::text, 7, '0'), 'user' || lpad(n::text, 7, '0') || '@example.com', true, NULL, \
     'users/staff', 'internal', '{\"team\": \"red\"}', 'epoch', to_timestamp(n), to_timestamp(n), lpad(to_hex(n + 1), 32, '0')::uuid, 1, gen_random_uuid() \
     FROM generate_series(1, $1::bigint) AS n",
    "INSERT INTO userbook_membership (user_id, group_id, can_act) \
     SELECT u.id, g.id, u.can_act FROM userbook_user AS u \
     JOIN userbook_group AS g ON g.name = 'group ' || (u.id % 10) WHERE u.id BETWEEN 2 AND $1::bigint + 1",
    "UPDATE userbook_epoch SET value = $1::bigint + 2 WHERE name = 'next_user'",
];

/// Returns the name of the user with this number, as the statements write it.
fn name(number: i64) -> String {
    format!("user{number:07}")
}

/// Returns ten nested groups, and the user who is neither listed nor counted.
fn around() -> ImportData {
    let above = |number: u128| number.checked_sub(1).map(group_id);
    let groups = (0..10).map(|number| Group { parent: above(number), ..group(number, false) });
    let anonymous = User { username: ANONYMOUS_USERNAME.to_owned(), ..user(1, true, []) };
    ImportData { install_id: "bench".to_owned(), groups: groups.collect(), users: vec![anonymous] }
}

async fn sqlite(folder: &Path, users: i64) -> Result<SqliteStore, Box<dyn Error>> {
    let url = format!("sqlite://{}", folder.join(format!("{users}.db")).display());
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(connect_options(&url)?).await?;
    let store = SqliteStore::new(pool);
    store.migrate().await?;
    store.import(&around()).await?;
    for statement in SQLITE_ROWS {
        sqlx::query(statement).bind(users).execute(store.pool()).await?;
    }
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(store.pool()).await?;
    Ok(store)
}

async fn postgres(users: i64) -> Result<Database, Box<dyn Error>> {
    let database = Database::new().await;
    database.store.import(&around()).await?;
    for statement in POSTGRES_ROWS {
        sqlx::query(statement).bind(users).execute(database.pool()).await?;
    }
    // What autovacuum would do later, in the middle of the measurement.
    sqlx::query("VACUUM ANALYZE").execute(database.pool()).await?;
    Ok(database)
}

/// The query for a store of this size in this round.
#[derive(Debug, Clone, Copy)]
enum Question {
    FirstPage,
    ExactName,
}

impl Question {
    fn label(self) -> &'static str {
        match self {
            Self::FirstPage => "page 1",
            Self::ExactName => "user name",
        }
    }

    fn filter(self, users: i64, round: i64) -> UserFilter {
        match self {
            Self::FirstPage => UserFilter::default(),
            Self::ExactName => {
                UserFilter { username: Some(name(round * STRIDE % users + 1)), ..UserFilter::default() }
            }
        }
    }

    /// Returns the time of one query in nanoseconds.
    async fn run_query(self, store: &impl ListStore, users: i64, round: i64) -> Result<u128, Box<dyn Error>> {
        let query = UserListQuery {
            scope: Scope::Everything,
            filter: self.filter(users, round),
            order: vec![Order { column: UserColumn::Username, descending: false }],
            offset: 0,
            limit: PAGE,
            max_bytes: 1 << 24,
        };
        let start = Instant::now();
        let page = store.list_users(&query).await?;
        let time = start.elapsed().as_nanos();
        let names: Vec<_> = page.users.into_iter().map(|user| user.username).collect();
        let (expected, count) = match query.filter.username {
            Some(name) => (vec![name], 1),
            None => ((1..=i64::from(PAGE)).map(name).collect(), users.unsigned_abs()),
        };
        assert_eq!((names, page.count), (expected, count));
        Ok(time)
    }
}

/// Measures both stores alternately, so that other load affects both.
async fn measure<S: ListStore>(kind: &str, small: &S, large: &S) -> Result<(), Box<dyn Error>> {
    for question in [Question::FirstPage, Question::ExactName] {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..WARM_UP + ROUNDS {
            for ((store, users), times) in [(small, SMALL), (large, LARGE)].into_iter().zip(&mut times) {
                let time = question.run_query(store, users, round).await?;
                if round >= WARM_UP {
                    times.push(time);
                }
            }
        }
        let [small, large] = times.map(median);
        let ratio = large as f64 / small as f64;
        println!(
            "{kind:<8} {:<9} {SMALL:>9} users: {small:>8} ns   {LARGE:>9} users: {large:>8} ns   \
             ratio {ratio:.2}",
            question.label()
        );
    }
    Ok(())
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --benches` only checks that the benchmark builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let folder = tempfile::tempdir()?;
        let (small, large) = (sqlite(folder.path(), SMALL).await?, sqlite(folder.path(), LARGE).await?);
        measure("sqlite", &small, &large).await?;
        let (small, large) = (postgres(SMALL).await?, postgres(LARGE).await?);
        measure("postgres", &*small.store, &*large.store).await
    })
}
