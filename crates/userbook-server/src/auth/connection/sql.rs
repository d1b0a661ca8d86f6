//! Connections in the database that holds the users.

use async_trait::async_trait;
use userbook::{
    UserId,
    store::{CommitOutcome, ProvisioningChange, StoreError},
};
use userbook_http::TokenHash;
use userbook_sqlx::{
    SqlStore,
    host::{RowExt, Value, execute, fetch, required},
};

use super::{ConnectionRecord, ConnectionRow, ConnectionStore, name_taken};
use crate::auth::{
    SqlAuth,
    decode::token_hash,
    statements::{
        AuthBackend, FIND_CONNECTION, FIND_CONNECTION_NAME, LIST_CONNECTIONS, PUT_CONNECTION,
        SET_CONNECTION_HASH,
    },
};

#[async_trait]
impl<B: AuthBackend> ConnectionStore for SqlAuth<B> {
    async fn connect(
        &self,
        change: &ProvisioningChange,
        connection: &ConnectionRow,
    ) -> Result<CommitOutcome, StoreError> {
        let mut transaction = self.store.begin_write().await?;
        // First, because MariaDB reads the state of a transaction's first statement.
        let outcome = SqlStore::<B>::provision_in(&mut transaction, change).await?;
        if outcome != CommitOutcome::Applied {
            return Ok(outcome);
        }
        let name = [("name", connection.name.as_str().into())];
        if !FIND_CONNECTION_NAME.fetch_all::<B>(&mut transaction, &name).await?.is_empty() {
            return Ok(name_taken(&connection.name));
        }
        PUT_CONNECTION.execute::<B>(&mut transaction, &values(connection)).await?;
        transaction.commit().await?;
        Ok(CommitOutcome::Applied)
    }

    async fn set_connection_hash(&self, name: &str, hash: &TokenHash) -> Result<bool, StoreError> {
        let values = [("hash", Value::Bytes(hash.as_bytes().to_vec())), ("name", name.into())];
        Ok(execute(&self.store, &SET_CONNECTION_HASH, &values).await? > 0)
    }

    async fn find_connection(&self, hash: &TokenHash) -> Result<Option<ConnectionRecord>, StoreError> {
        let hash = [("hash", Value::Bytes(hash.as_bytes().to_vec()))];
        fetch(&self.store, &FIND_CONNECTION, &hash).await?.first().map(record).transpose()
    }

    async fn connections(&self) -> Result<Vec<ConnectionRecord>, StoreError> {
        fetch(&self.store, &LIST_CONNECTIONS, &[]).await?.iter().map(record).collect()
    }
}

fn values(connection: &ConnectionRow) -> [(&'static str, Value<'_>); 5] {
    [
        ("name", connection.name.as_str().into()),
        ("hash", Value::Bytes(connection.hash.as_bytes().to_vec())),
        ("user", connection.user.0.into()),
        ("deactivates", connection.deactivates.into()),
        ("is_strict", connection.is_strict.into()),
    ]
}

fn record<R: RowExt>(row: &R) -> Result<ConnectionRecord, StoreError> {
    Ok(ConnectionRecord {
        connection: ConnectionRow {
            name: required(row, "name", R::text)?,
            hash: token_hash(row)?,
            user: UserId(required(row, "user_id", R::integer)?),
            deactivates: required(row, "deactivates", R::flag)?,
            is_strict: required(row, "is_strict", R::flag)?,
        },
        user_is_active: required(row, "is_active", R::flag)?,
    })
}
