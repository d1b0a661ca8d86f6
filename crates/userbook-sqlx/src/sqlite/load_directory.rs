//! Reading what a decision about groups or new users needs: one statement.

use userbook::{DirectoryQuery, DirectorySnapshot, StoreError};

use super::{SqliteStore, error::failure, sql};
use crate::{encode::hex_list, facts};

impl SqliteStore {
    pub(super) async fn load_directory_once(
        &self,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        let rows = sqlx::query(sql::LOAD_DIRECTORY)
            .bind(query.username.as_deref())
            .bind(query.group_name.as_deref())
            .bind(hex_list(query.groups.iter().map(|group| group.0)))
            .bind(query.actor.map(|actor| actor.0))
            .bind(query.shape)
            .bind(hex_list(query.active_member_of.iter().flatten().map(|group| group.0)))
            .bind(query.change.map(|change| change.0))
            .fetch_all(self.pool())
            .await
            .map_err(failure)?;
        Ok(facts::directory(&rows)?)
    }
}
