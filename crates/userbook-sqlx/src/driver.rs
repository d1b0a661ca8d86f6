//! How a database runs statements.

use futures_util::{TryStreamExt, stream::BoxStream};
use sqlx::{
    Arguments, AssertSqlSafe, Database, Error, IntoArguments, SqlSafeStr, error::BoxDynError, query::Query,
};
use userbook::store::StoreError;

use crate::{
    decode::RowExt,
    error::{Classify, SqlResult},
    listing::Dialect,
    statement::{Placeholders, Statement},
    statements::Statements,
    value::Value,
};

/// A statement with its values.
pub(crate) type Bound<B> = Query<'static, B, <B as Database>::Arguments>;

/// The connection of a database.
pub(crate) type Conn<B> = <B as Database>::Connection;

/// Values by the names of the parameters.
pub(crate) type Parameters<'p> = [(&'static str, Value<'p>)];

/// A database of sqlx.
pub trait Driver: Classify + Dialect + Database<Row: RowExt, Arguments: IntoArguments<Self>> {
    const PLACEHOLDERS: Placeholders;

    fn statements() -> &'static Statements;

    fn bind(arguments: &mut Self::Arguments, value: &Value<'_>) -> Result<(), BoxDynError>;

    fn fetch(conn: &mut Self::Connection, query: Bound<Self>) -> BoxStream<'_, Result<Self::Row, Error>>;

    /// Returns the number of affected rows.
    fn execute(
        conn: &mut Self::Connection,
        query: Bound<Self>,
    ) -> impl Future<Output = Result<u64, Error>> + Send;

    /// Runs several statements without parameters.
    fn execute_script(
        conn: &mut Self::Connection,
        script: &'static str,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// The methods of [`Driver`] that forward to sqlx. A generic function would need a page of bounds.
macro_rules! forward_to_sqlx {
    () => {
        fn fetch(
            conn: &mut Self::Connection,
            query: $crate::driver::Bound<Self>,
        ) -> futures_util::stream::BoxStream<'_, Result<Self::Row, sqlx::Error>> {
            query.fetch(conn)
        }

        async fn execute(
            conn: &mut Self::Connection,
            query: $crate::driver::Bound<Self>,
        ) -> Result<u64, sqlx::Error> {
            Ok(query.execute(conn).await?.rows_affected())
        }

        async fn execute_script(
            conn: &mut Self::Connection,
            script: &'static str,
        ) -> Result<(), sqlx::Error> {
            sqlx::raw_sql(script).execute(conn).await?;
            Ok(())
        }
    };
}
pub(crate) use forward_to_sqlx;

/// How a scan continues after a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// With the next row.
    Continue,
    /// With the next row, after other tasks of the runtime had a turn.
    Yield,
    /// Not at all.
    Stop,
}

/// A statement has a parameter without a value.
#[derive(Debug, thiserror::Error)]
#[error("parameter {0} has no value")]
struct MissingValue(&'static str);

/// Binds the parameters of a statement by name. Values without a parameter are ignored.
pub(crate) fn bind<B: Driver>(
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<Bound<B>, Error> {
    let resolved = statement.resolved(B::PLACEHOLDERS);
    let mut arguments = B::Arguments::default();
    arguments.reserve(resolved.parameters.len(), 0);
    // Values usually have the order of the parameters: each search starts after the value before.
    let mut start = 0;
    for name in &resolved.parameters {
        let (before, after) = parameters.split_at(start.min(parameters.len()));
        let mut candidates = after.iter().chain(before).enumerate();
        let (offset, (_, value)) = candidates
            .find(|(_, (candidate, _))| candidate == name)
            .ok_or_else(|| Error::Encode(MissingValue(name).into()))?;
        B::bind(&mut arguments, value).map_err(Error::Encode)?;
        start = (start + offset + 1) % parameters.len();
    }
    Ok(sqlx::query_with(resolved.text.as_str(), arguments))
}

/// Binds values to a text that consists of pieces of this program.
pub(crate) fn bind_text<B: Driver>(text: String, values: &[Value<'_>]) -> Result<Bound<B>, Error> {
    let mut arguments = B::Arguments::default();
    for value in values {
        B::bind(&mut arguments, value).map_err(Error::Encode)?;
    }
    Ok(sqlx::query_with(AssertSqlSafe(text).into_sql_str(), arguments))
}

/// Runs a statement and returns the number of affected rows.
pub(crate) async fn execute<B: Driver>(
    conn: &mut Conn<B>,
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<u64, Error> {
    let query = bind::<B>(statement, parameters)?;
    B::execute(conn, query).await
}

pub(crate) async fn fetch_all<B: Driver>(
    conn: &mut Conn<B>,
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<Vec<B::Row>, Error> {
    let query = bind::<B>(statement, parameters)?;
    B::fetch(conn, query).try_collect().await
}

pub(crate) async fn fetch_one<B: Driver>(
    conn: &mut Conn<B>,
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<B::Row, Error> {
    fetch_all::<B>(conn, statement, parameters).await?.pop().ok_or(Error::RowNotFound)
}

/// Runs a query and calls `see` with each row as it arrives.
pub(crate) async fn scan<B: Driver>(
    conn: &mut Conn<B>,
    query: Bound<B>,
    mut see: impl FnMut(B::Row) -> Result<Flow, StoreError> + Send,
) -> SqlResult<B, ()> {
    let mut rows = B::fetch(conn, query);
    while let Some(row) = rows.try_next().await? {
        match see(row)? {
            Flow::Continue => {}
            Flow::Yield => tokio::task::yield_now().await,
            Flow::Stop => break,
        }
    }
    Ok(())
}
