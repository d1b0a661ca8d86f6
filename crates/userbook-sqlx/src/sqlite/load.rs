//! Reading the facts of one moment: one statement.

use sqlx::SqliteConnection;
use userbook::store::{Snapshot, SnapshotQuery, StoreError};

use super::{SqliteStore, error::failure, sql};
use crate::{
    encode::{Target, hex_list},
    snapshot,
};

impl SqliteStore {
    /// [`load`](userbook::UserStore::load) on a connection of the host's, for a host that wants the update
    /// inside its own transaction.
    ///
    /// # Errors
    /// As [`load`](userbook::UserStore::load).
    pub async fn load_in(
        connection: &mut SqliteConnection,
        query: &SnapshotQuery,
    ) -> Result<Snapshot, StoreError> {
        let target = Target::of(query);
        let rows = sqlx::query(sql::LOAD)
            .bind(target.id)
            .bind(target.uuid)
            .bind(query.username.as_deref())
            .bind(hex_list(query.groups.iter().map(|group| group.0)))
            .bind(query.actor.map(|actor| actor.0))
            .bind(query.other_superusers)
            .bind(query.change.map(|change| change.0))
            .fetch_all(connection)
            .await
            .map_err(failure)?;
        Ok(snapshot::user(query, &rows)?)
    }

    pub(super) async fn load_one(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        let found = Self::load_in(&mut lease, query).await?;
        lease.give_back();
        Ok(found)
    }
}
