//! `userbook-server import` of many users into PostgreSQL.

use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, PgPool};
use userbook_tests::{
    importing::{ImportFile, run, users},
    servers::postgres::Database,
    serving::administer,
};

async fn prepared() -> (Database, String) {
    let database = Database::blank().await;
    let url = database.options().to_url_lossy().to_string();
    let output = administer(&url, &["demo"]);
    assert!(output.status.success(), "{output:?}");
    (database, url)
}

/// Copies the rows of all tables into another database with `COPY` of psql; returns the time of the copy into it.
fn copy(from: &str, to: &str, file: &ImportFile) -> Duration {
    let sql = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'userbook%' AND relname <> 'userbook_migration'";
    let tables = run("psql", &[from, "-At", "-c", sql], "");
    let path = |table: &str| file.folder().join(format!("{table}.copy")).display().to_string();
    let script = |direction: &str| -> String {
        let lines = tables.lines().map(|table| format!("\\copy {table} {direction} '{}'\n", path(table)));
        lines.collect::<Vec<_>>().concat()
    };
    run("psql", &[from, "-q", "-v", "ON_ERROR_STOP=1"], &script("to"));
    // Tables refer to each other in any order.
    let empty = tables.lines().map(|table| format!("DELETE FROM {table};\n")).collect::<Vec<_>>().concat();
    let load = format!("SET session_replication_role = replica;\n{empty}{}", script("from"));
    let start = Instant::now();
    run("psql", &[to, "-q", "-v", "ON_ERROR_STOP=1"], &load);
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes with many users"]
async fn import_of_many_users_takes_bounded_memory_and_time() {
    let ((_database, url), (_other, other)) = (prepared().await, prepared().await);
    let file = ImportFile::new(users());
    file.compare(&url, || copy(&url, &other, &file));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes with many users"]
async fn interrupted_import_of_many_users_completes_without_duplicates() {
    let (database, url) = prepared().await;
    let pool: PgPool = database.pool().clone();
    let runtime = tokio::runtime::Handle::current();
    let file = ImportFile::new(users());
    let count = || {
        let sql = "SELECT (SELECT count(*) FROM userbook_user), (SELECT count(*) FROM userbook_event)";
        let (users, events): (i64, i64) =
            tokio::task::block_in_place(|| runtime.block_on(sqlx::query_as(sql).fetch_one(&pool))).unwrap();
        (users.unsigned_abs(), events.unsigned_abs())
    };
    file.interrupt(&url, count);
}
