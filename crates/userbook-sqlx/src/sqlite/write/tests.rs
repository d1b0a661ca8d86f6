use std::time::Duration;

use sqlx::sqlite::SqlitePoolOptions;

use super::*;

/// Counts up to a number, or for ever.
fn counting(to: &str) -> sqlx::query::QueryScalar<'static, Sqlite, i64, sqlx::sqlite::SqliteArguments> {
    let sql = format!(
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c {to}) SELECT count(*) FROM c"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
}

#[tokio::test]
async fn a_dropped_statement_ends() {
    let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let connections =
        ConnectionCache::<Sqlite>::new(pool.connect("sqlite::memory:").await.unwrap(), Sqlite::on_dirty);
    for _ in 0..3 {
        let mut connection = connections.acquire().await.unwrap();
        let interrupt = Sqlite::interruptible(&mut connection).await.unwrap();
        let endless = counting("");
        let endless = endless.fetch_one(&mut *connection);
        tokio::time::timeout(Duration::from_millis(20), endless).await.unwrap_err();
        drop(interrupt);
        drop(connection);

        // The only connection: it is free, and long statements run to their end.
        let mut connection = connections.acquire().await.unwrap();
        assert_eq!(counting("LIMIT 100000").fetch_one(&mut *connection).await.unwrap(), 100_000);
        let interrupt = Sqlite::interruptible(&mut connection).await.unwrap();
        interrupt.done();
        assert_eq!(counting("LIMIT 100000").fetch_one(&mut *connection).await.unwrap(), 100_000);
        connection.release();
    }
}
