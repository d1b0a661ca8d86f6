//! Lists of a large directory: a query costs what its matches cost, however often it runs.

use sqlx::{Executor, PgConnection};
use userbook::ImportStore;
use userbook_sqlx::PostgresStore;
use userbook_tests::{
    lists::{directory, questions},
    servers::postgres::Database,
};

/// How many rows and entries of indexes of users and members this connection has read.
const LOOKED_AT: &str = "
    SELECT sum(pg_stat_get_xact_tuples_returned(looked.oid))::bigint
    FROM (
        SELECT oid FROM pg_class WHERE relname IN ('userbook_user', 'userbook_membership')
        UNION ALL
        SELECT indexrelid FROM pg_index
        WHERE indrelid IN ('userbook_user'::regclass, 'userbook_membership'::regclass)
    ) AS looked";

async fn looked_at(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar(LOOKED_AT).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_list_costs_what_its_matches_cost() {
    let database = Database::new().await;
    database.store.import(&directory()).await.unwrap();
    database.pool().execute("VACUUM ANALYZE").await.unwrap();
    let begin = include_str!("../../crates/userbook-sqlx/src/postgres/sql/begin_read.sql");
    let mut costly = Vec::new();
    for (query, count) in questions() {
        for _ in 0..8 {
            let mut transaction = database.pool().begin_with(begin).await.unwrap();
            let before = looked_at(&mut transaction).await;
            let page = PostgresStore::list_users_in(&mut transaction, &query).await.unwrap();
            assert_eq!(page.count, count, "{query:?}");
            let seen = looked_at(&mut transaction).await - before;
            assert!(seen > 0);
            if seen > 400 {
                costly.push(format!("{seen} rows and entries were looked at for {query:?}"));
            }
        }
    }
    assert!(costly.is_empty(), "{}", costly.join("\n"));
}
