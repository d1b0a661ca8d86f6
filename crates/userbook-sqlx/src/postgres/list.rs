//! Listing users and groups: a read transaction of a few statements.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, postgres::PgRow};
use userbook::store::{GroupListQuery, GroupPage, StoreError, UserListQuery, UserPage};

use super::{PostgresStore, dialect::PostgresDialect, error::failure, sql};
use crate::listing::{self, Flow, Reader, Statement, Value};

impl PostgresStore {
    /// [`list_users`](userbook::store::ListStore::list_users) on a connection of the host's. Its statements see one
    /// state only within a transaction.
    ///
    /// # Errors
    /// As [`list_users`](userbook::store::ListStore::list_users).
    pub async fn list_users_in(
        connection: &mut PgConnection,
        query: &UserListQuery,
    ) -> Result<UserPage, StoreError> {
        listing::list_users(&mut Connection(connection), query).await
    }

    /// [`list_groups`](userbook::store::ListStore::list_groups) on a connection of the host's. Its statements see one
    /// state only within a transaction.
    ///
    /// # Errors
    /// As [`list_groups`](userbook::store::ListStore::list_groups).
    pub async fn list_groups_in(
        connection: &mut PgConnection,
        query: &GroupListQuery,
    ) -> Result<GroupPage, StoreError> {
        listing::list_groups(&mut Connection(connection), query).await
    }

    pub(super) async fn users_page(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        let mut transaction = self.pool().begin_with(sql::BEGIN_READ).await.map_err(failure)?;
        let page = Self::list_users_in(&mut transaction, query).await?;
        transaction.commit().await.map_err(failure)?;
        Ok(page)
    }

    pub(super) async fn groups_page(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        let mut transaction = self.pool().begin_with(sql::BEGIN_READ).await.map_err(failure)?;
        let page = Self::list_groups_in(&mut transaction, query).await?;
        transaction.commit().await.map_err(failure)?;
        Ok(page)
    }
}

struct Connection<'c>(&'c mut PgConnection);

impl Reader for Connection<'_> {
    type Dialect = PostgresDialect;
    type Row = PgRow;

    async fn scan(
        &mut self,
        statement: Statement,
        mut see: impl FnMut(PgRow) -> Result<Flow, StoreError> + Send,
    ) -> Result<(), StoreError> {
        let (text, values) = statement.into_parts();
        // The text consists of pieces of this program: `Statement` lets in nothing else.
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in values {
            query = match value {
                Value::Text(text) => query.bind(text),
                #[cfg(feature = "mysql")]
                Value::Bytes(bytes) => query.bind(bytes),
                Value::Flag(flag) => query.bind(flag),
                Value::Integer(integer) => query.bind(integer),
                Value::Uuid(uuid) => query.bind(uuid),
                Value::Users(users) => query.bind(users),
                Value::Groups(groups) => query.bind(groups),
            };
        }
        let mut rows = query.fetch(&mut *self.0);
        while let Some(row) = rows.try_next().await.map_err(failure)? {
            match see(row)? {
                Flow::Continue => {}
                Flow::Yield => tokio::task::yield_now().await,
                Flow::Stop => break,
            }
        }
        Ok(())
    }
}
