//! Statements of a host on tables of its own, written once for all databases.
//!
//! ```
//! # use userbook::{UserId, store::StoreError};
//! use userbook_sqlx::host::{Backend, RowExt, Statement, required};
//!
//! static BADGES: Statement = Statement::new("SELECT name FROM badge WHERE user_id = :user");
//!
//! async fn badges<B: Backend>(conn: &mut B::Connection, user: UserId) -> Result<Vec<String>, StoreError> {
//!     let rows = BADGES.fetch_all::<B>(conn, &[("user", user.0.into())]).await?;
//!     rows.iter().map(|row| Ok(required(row, "name", RowExt::text)?)).collect()
//! }
//! ```

use userbook::store::StoreError;

pub use crate::{
    backend::Backend,
    claims::claim_digest,
    decode::{Decoded, RowExt, required},
    statement::Statement,
    value::Value,
};
use crate::{
    driver::{self, Conn},
    error::SqlError,
    store::SqlStore,
};

impl Statement {
    /// Runs the statement and returns the number of affected rows.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails, and for a parameter without a value.
    pub async fn execute<B: Backend>(
        &'static self,
        conn: &mut Conn<B>,
        parameters: &[(&'static str, Value<'_>)],
    ) -> Result<u64, StoreError> {
        Ok(driver::execute::<B>(conn, self, parameters).await.map_err(SqlError::<B>::from)?)
    }

    /// Runs the query and returns all rows.
    ///
    /// # Errors
    /// As [`Statement::execute`].
    pub async fn fetch_all<B: Backend>(
        &'static self,
        conn: &mut Conn<B>,
        parameters: &[(&'static str, Value<'_>)],
    ) -> Result<Vec<B::Row>, StoreError> {
        Ok(driver::fetch_all::<B>(conn, self, parameters).await.map_err(SqlError::<B>::from)?)
    }
}

/// Runs a query on a connection of the store and returns all rows.
///
/// # Errors
/// As [`Statement::execute`].
pub async fn fetch<B: Backend>(
    store: &SqlStore<B>,
    query: &'static Statement,
    parameters: &[(&'static str, Value<'_>)],
) -> Result<Vec<B::Row>, StoreError> {
    let mut connection = store.acquire().await?;
    let rows = query.fetch_all::<B>(&mut connection, parameters).await?;
    connection.release();
    Ok(rows)
}

/// Runs a statement on a connection of the store and returns the number of affected rows.
///
/// # Errors
/// As [`Statement::execute`].
pub async fn execute<B: Backend>(
    store: &SqlStore<B>,
    statement: &'static Statement,
    parameters: &[(&'static str, Value<'_>)],
) -> Result<u64, StoreError> {
    let mut connection = store.acquire().await?;
    let affected = statement.execute::<B>(&mut connection, parameters).await?;
    connection.release();
    Ok(affected)
}
