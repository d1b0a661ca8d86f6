//! Reading the facts of one moment: one statement.

use sqlx::{MySqlConnection, mysql::MySqlRow};
use userbook::store::{Snapshot, SnapshotQuery, StoreError};

use super::{MySqlStore, error::failure, sql};
use crate::{
    encode::{Target, hex_list},
    snapshot,
};

impl MySqlStore {
    /// [`load`](userbook::UserStore::load) on a connection of the host's, for a host that wants the update
    /// inside its own transaction. If the future is dropped before its end, the connection is of no more use:
    /// close it.
    ///
    /// # Errors
    /// As [`load`](userbook::UserStore::load).
    pub async fn load_in(
        connection: &mut MySqlConnection,
        query: &SnapshotQuery,
    ) -> Result<Snapshot, StoreError> {
        let rows = rows(connection, query).await?;
        Ok(snapshot::user(query, &rows)?)
    }

    pub(super) async fn load_one(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        let rows = rows(&mut lease, query).await?;
        lease.give_back();
        Ok(snapshot::user(query, &rows)?)
    }
}

async fn rows(connection: &mut MySqlConnection, query: &SnapshotQuery) -> Result<Vec<MySqlRow>, StoreError> {
    let target = Target::of(query);
    sqlx::query(sql::LOAD)
        .bind(target.id)
        .bind(target.uuid)
        .bind(query.actor.map(|actor| actor.0))
        .bind(query.other_superusers)
        .bind(hex_list(query.groups.iter().map(|group| group.0)))
        .bind(query.username.as_deref().map(str::as_bytes))
        .bind(query.change.map(|change| change.0))
        .fetch_all(connection)
        .await
        .map_err(failure)
}
