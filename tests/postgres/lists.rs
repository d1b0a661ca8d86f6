//! Lists of a large directory: the cost of a query depends on its matches, also in repeated executions.

use sqlx::{Executor, PgConnection};
use userbook::store::ImportStore;
use userbook_sqlx::PostgresStore;
use userbook_tests::{
    lists::{directory, queries},
    servers::postgres::Database,
};

/// Counts the rows and index entries of users, members, names and external ids that this connection has read.
const LOOKED_AT: &str = "
    WITH looked (oid) AS (
        SELECT oid FROM pg_class
        WHERE relname IN ('userbook_user', 'userbook_membership', 'userbook_claim', 'userbook_user_external_id',
            'userbook_further_address')
    )
    SELECT sum(pg_stat_get_xact_tuples_returned(oid))::bigint
    FROM (SELECT oid FROM looked UNION ALL SELECT indexrelid FROM pg_index JOIN looked ON indrelid = oid) AS all_of_them";

async fn entries_read(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar(LOOKED_AT).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn list_cost_depends_on_the_matches() {
    let database = Database::new().await;
    database.store.import(&directory()).await.unwrap();
    database.pool().execute("VACUUM ANALYZE").await.unwrap();
    let begin = include_str!("../../crates/userbook-sqlx/src/postgres/sql/begin_read.sql");
    let mut costly = Vec::new();
    for (query, count) in queries() {
        for _ in 0..8 {
            let mut transaction = database.pool().begin_with(begin).await.unwrap();
            let before = entries_read(&mut transaction).await;
            let page = PostgresStore::list_users_in(&mut transaction, &query).await.unwrap();
            assert_eq!(page.count, count, "{query:?}");
            let seen = entries_read(&mut transaction).await - before;
            assert!(seen > 0 || count == 0);
            if seen > 400 {
                costly.push(format!("{seen} rows and index entries were read for {query:?}"));
            }
        }
    }
    assert!(costly.is_empty(), "{}", costly.join("\n"));
}
