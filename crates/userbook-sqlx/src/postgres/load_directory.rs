//! Reading what a decision about groups or new users needs: one statement.

use userbook::{DirectoryQuery, DirectorySnapshot, StoreError};

use super::{PostgresStore, bind::uuids, error::failure, sql};
use crate::facts;

impl PostgresStore {
    pub(super) async fn load_directory_once(
        &self,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        let rows = sqlx::query(sql::LOAD_DIRECTORY)
            .bind(query.username.as_deref())
            .bind(query.group_name.as_deref())
            .bind(uuids(&query.groups))
            .bind(query.actor.map(|actor| actor.0))
            .bind(query.shape)
            .bind(uuids(query.active_member_of.iter().flatten()))
            .bind(query.change.map(|change| change.0))
            .fetch_all(self.pool())
            .await
            .map_err(failure)?;
        Ok(facts::directory(&rows)?)
    }
}
