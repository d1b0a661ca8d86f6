//! Runs single statements.

use userbook::store::StoreError;
use userbook_sqlx::{
    SqlStore,
    host::{Statement, Value},
};

use crate::auth::AuthBackend;

/// Runs a query on a connection of the pool and returns all rows.
pub(crate) async fn fetch<B: AuthBackend>(
    store: &SqlStore<B>,
    query: &'static Statement,
    parameters: &[(&'static str, Value<'_>)],
) -> Result<Vec<B::Row>, StoreError> {
    let mut connection = store.acquire().await?;
    let rows = query.fetch_all::<B>(&mut connection, parameters).await?;
    connection.release();
    Ok(rows)
}

/// Runs a statement on a connection of the pool and returns the number of affected rows.
pub(crate) async fn execute<B: AuthBackend>(
    store: &SqlStore<B>,
    statement: &'static Statement,
    parameters: &[(&'static str, Value<'_>)],
) -> Result<u64, StoreError> {
    let mut connection = store.acquire().await?;
    let affected = statement.execute::<B>(&mut connection, parameters).await?;
    connection.release();
    Ok(affected)
}
