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

use std::sync::OnceLock;

use futures_util::TryStreamExt;
use userbook::store::StoreError;

pub use crate::{
    backend::Backend,
    claims::claim_digest,
    decode::{Decoded, RowExt, required},
    further_addresses::further_address_digests,
    value::Value,
};
use crate::{
    driver::{Conn, bind_resolved},
    error::SqlError,
    statement::{Placeholders, Resolved, resolve},
    store::SqlStore,
};

/// A statement of a host. Parameters are names with a colon: `:user`. Comments are lines of their own.
#[derive(Debug)]
pub struct Statement {
    source: &'static str,
    numbered: OnceLock<Resolved>,
    positional: OnceLock<Resolved>,
}

impl Statement {
    /// Uses this text, usually of a file.
    pub const fn new(source: &'static str) -> Self {
        Self { source, numbered: OnceLock::new(), positional: OnceLock::new() }
    }

    /// Runs the statement and returns the number of affected rows.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails, and for a parameter without a value.
    pub async fn execute<B: Backend>(
        &'static self,
        conn: &mut Conn<B>,
        parameters: &[(&'static str, Value<'_>)],
    ) -> Result<u64, StoreError> {
        let query = bind_resolved::<B>(self.resolved::<B>(), parameters).map_err(SqlError::<B>::from)?;
        Ok(B::execute(conn, query).await.map_err(SqlError::<B>::from)?)
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
        let query = bind_resolved::<B>(self.resolved::<B>(), parameters).map_err(SqlError::<B>::from)?;
        Ok(B::fetch(conn, query).try_collect().await.map_err(SqlError::<B>::from)?)
    }

    fn resolved<B: Backend>(&'static self) -> &'static Resolved {
        let cell = match B::PLACEHOLDERS {
            Placeholders::Numbered => &self.numbered,
            Placeholders::Positional => &self.positional,
        };
        cell.get_or_init(|| resolve(self.source, B::PLACEHOLDERS))
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
