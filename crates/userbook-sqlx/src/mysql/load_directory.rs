//! Reading what a decision about groups or new users needs: one statement.

use sqlx::{MySqlConnection, mysql::MySqlRow};
use userbook::store::{DirectoryQuery, DirectorySnapshot, StoreError};

use super::{MySqlStore, error::failure, sql};
use crate::{
    encode::{DirectoryParts, hex_list},
    json, snapshot,
};

impl MySqlStore {
    /// [`load_directory`](userbook::store::ProvisioningStore::load_directory) on a connection of the host's, for a host that
    /// wants the change inside its own transaction. If the future is dropped before its end, the connection is of no
    /// more use: close it.
    ///
    /// # Errors
    /// As [`load_directory`](userbook::store::ProvisioningStore::load_directory).
    pub async fn load_directory_in(
        connection: &mut MySqlConnection,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        Ok(snapshot::directory(&rows(connection, query).await?)?)
    }

    pub(super) async fn load_directory_once(
        &self,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        let rows = rows(&mut lease, query).await?;
        lease.give_back();
        Ok(snapshot::directory(&rows)?)
    }
}

async fn rows(connection: &mut MySqlConnection, query: &DirectoryQuery) -> Result<Vec<MySqlRow>, StoreError> {
    let parts = DirectoryParts::of(query);
    let (of, limit) = (parts.members_of, parts.members_limit);
    sqlx::query(sql::LOAD_DIRECTORY)
        .bind(query.actor.map(|actor| actor.0))
        .bind(hex_list(parts.granting))
        .bind(parts.except_group)
        .bind(query.shape)
        .bind(json::list(&parts.except_users))
        .bind(hex_list(query.groups.iter().map(|group| group.0)))
        .bind(of)
        .bind(limit)
        .bind(of)
        .bind(limit)
        .bind(of)
        .bind(limit)
        .bind(json::list(&parts.members))
        .bind(limit)
        .bind(query.username.as_deref().map(str::as_bytes))
        .bind(query.group_name.as_deref().map(str::as_bytes))
        .bind(query.change.map(|change| change.0))
        .fetch_all(connection)
        .await
        .map_err(failure)
}
