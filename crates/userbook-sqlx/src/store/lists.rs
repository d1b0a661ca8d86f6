//! Lists of a store. They run on at most half of the pool's connections.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Connection as _, Error, SqlSafeStr, Transaction};
use userbook::store::{
    GroupListQuery, GroupPage, ListStore, PathListQuery, PathPage, StoreError, UserListQuery, UserPage,
};

use super::{SqlStore, finish};
use crate::{
    backend::Backend,
    connection_cache::StoreConnection,
    error::{SqlError, SqlResult},
    interrupt::Interrupt,
    listing,
};

impl<B: Backend> SqlStore<B> {
    /// Waits for a turn of a list.
    pub(super) async fn list_turn(&self) -> Result<ListTurn<B>, StoreError> {
        // Nothing closes the semaphore.
        let turn = Arc::clone(&self.lists).acquire_owned().await;
        let turn = turn.map_err(|_| SqlError::<B>::from(Error::PoolClosed))?;
        let mut connection = self.acquire().await?.with_turn(turn);
        let interrupt = B::interruptible(&mut connection).await?;
        Ok(ListTurn { interrupt, connection })
    }
}

/// A list in progress. Its statements end if it is dropped: they may take long. The fields are dropped in this order.
pub(super) struct ListTurn<B: Backend> {
    interrupt: Interrupt,
    connection: StoreConnection<B>,
}

impl<B: Backend> ListTurn<B> {
    async fn begin(&mut self) -> SqlResult<B, Transaction<'_, B>> {
        Ok(self.connection.begin_with(B::BEGIN_READ.into_sql_str()).await?)
    }

    pub(super) fn finish<T>(self, answer: SqlResult<B, T>) -> Result<T, StoreError> {
        let answer = finish(self.connection, answer)?;
        self.interrupt.done();
        Ok(answer)
    }
}

#[async_trait]
impl<B: Backend> ListStore for SqlStore<B> {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        let mut turn = self.list_turn().await?;
        let mut transaction = turn.begin().await?;
        let page = listing::list_users::<B>(&mut transaction, query).await?;
        let ended = transaction.commit().await.map_err(SqlError::<B>::from);
        turn.finish(ended.map(|()| page))
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        let mut turn = self.list_turn().await?;
        let mut transaction = turn.begin().await?;
        let page = listing::list_groups::<B>(&mut transaction, query).await?;
        let ended = transaction.commit().await.map_err(SqlError::<B>::from);
        turn.finish(ended.map(|()| page))
    }

    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
        let mut turn = self.list_turn().await?;
        let mut transaction = turn.begin().await?;
        let page = listing::list_paths::<B>(&mut transaction, query).await?;
        let ended = transaction.commit().await.map_err(SqlError::<B>::from);
        turn.finish(ended.map(|()| page))
    }
}
