//! Reading what a decision about groups or new users needs: one statement.

use sqlx::PgConnection;
use userbook::store::{DirectoryQuery, DirectorySnapshot, StoreError};

use super::{PostgresStore, bind::uuids, error::failure, sql};
use crate::{encode::DirectoryParts, snapshot};

impl PostgresStore {
    /// [`load_directory`](userbook::store::ProvisioningStore::load_directory) on a connection of the host's, for a host that
    /// wants the change inside its own transaction.
    ///
    /// # Errors
    /// As [`load_directory`](userbook::store::ProvisioningStore::load_directory).
    pub async fn load_directory_in(
        connection: &mut PgConnection,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        let parts = DirectoryParts::of(query);
        let rows = sqlx::query(sql::LOAD_DIRECTORY)
            .bind(query.username.as_deref())
            .bind(query.group_name.as_deref())
            .bind(uuids(&query.groups))
            .bind(query.actor.map(|actor| actor.0))
            .bind(query.shape)
            .bind(parts.granting)
            .bind(parts.except_group)
            .bind(parts.except_users)
            .bind(parts.members_of)
            .bind(parts.members)
            .bind(parts.members_limit)
            .bind(query.change.map(|change| change.0))
            .fetch_all(connection)
            .await
            .map_err(failure)?;
        Ok(snapshot::directory(&rows)?)
    }

    pub(super) async fn load_directory_once(
        &self,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(failure)?;
        Self::load_directory_in(&mut connection, query).await
    }
}
