//! Reading what a decision about groups or new users needs: one statement.

use userbook::{DirectoryQuery, DirectorySnapshot, StoreError};

use super::{MySqlStore, error::failure, sql};
use crate::{encode::hex_list, facts};

impl MySqlStore {
    pub(super) async fn load_directory_once(
        &self,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        let actor = query.actor.map(|actor| actor.0);
        let mut lease = self.leases.take().await.map_err(failure)?;
        let rows = sqlx::query(sql::LOAD_DIRECTORY)
            .bind(actor)
            .bind(hex_list(query.groups.iter().map(|group| group.0)))
            .bind(query.username.as_deref().map(str::as_bytes))
            .bind(query.group_name.as_deref().map(str::as_bytes))
            .bind(hex_list(query.active_member_of.iter().flatten().map(|group| group.0)))
            .bind(query.change.map(|change| change.0))
            .bind(actor)
            .bind(actor)
            .bind(query.shape)
            .fetch_all(&mut *lease)
            .await
            .map_err(failure)?;
        lease.give_back();
        Ok(facts::directory(&rows)?)
    }
}
