//! Lists of a large directory: the cost of a query depends on its matches. The tests count the rows read.

use sqlx::Executor;
use userbook::store::{ImportStore, ListStore};
use userbook_sqlx::{MySqlStore, mysql::pool_options};
use userbook_tests::{
    lists::{directory, queries},
    servers::mariadb::Database,
};

async fn rows_read(store: &MySqlStore) -> u64 {
    let sql = "SELECT CAST(SUM(variable_value) AS UNSIGNED) FROM information_schema.session_status \
               WHERE variable_name LIKE 'HANDLER_READ_%'";
    sqlx::query_scalar(sql).fetch_one(store.pool()).await.unwrap()
}

#[tokio::test]
async fn list_cost_depends_on_the_matches() {
    let database = Database::new().await;
    database.store.import(&directory()).await.unwrap();
    database
        .pool()
        .execute("ANALYZE TABLE userbook_user, userbook_membership, userbook_group")
        .await
        .unwrap();
    let pool = pool_options().max_connections(1).connect_with(database.options()).await.unwrap();
    let store = MySqlStore::new(pool);
    rows_read(&store).await;
    let before = rows_read(&store).await;
    // Reading the counter reads rows as well.
    let asking = rows_read(&store).await - before;
    let mut costly = Vec::new();
    for (query, count) in queries() {
        let before = rows_read(&store).await;
        let page = store.list_users(&query).await.unwrap();
        let read = rows_read(&store).await - before - asking;
        assert_eq!(page.count, count, "{query:?}");
        if read > 600 {
            costly.push(format!("{read} rows were read for {query:?}"));
        }
    }
    assert!(costly.is_empty(), "{}", costly.join("\n"));
}
