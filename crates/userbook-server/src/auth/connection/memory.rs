//! Connections in memory, for `--database memory:`.

use async_trait::async_trait;
use userbook::{
    UserStore,
    store::{CommitOutcome, ProvisioningChange, ProvisioningStore, SnapshotQuery, StoreError},
};
use userbook_http::TokenHash;

use super::{ConnectionRecord, ConnectionRow, ConnectionStore, name_taken};
use crate::auth::MemoryAuth;

impl MemoryAuth {
    /// A connection ends with its account.
    async fn connection_record(&self, row: ConnectionRow) -> Result<Option<ConnectionRecord>, StoreError> {
        let account = self.users().load(&SnapshotQuery::user(row.user)).await?.user;
        Ok(account.map(|account| ConnectionRecord { connection: row, user_is_active: account.is_active }))
    }
}

#[async_trait]
impl ConnectionStore for MemoryAuth {
    async fn connect(
        &self,
        change: &ProvisioningChange,
        connection: &ConnectionRow,
    ) -> Result<CommitOutcome, StoreError> {
        if self.connections().await?.iter().any(|known| known.connection.name == connection.name) {
            return Ok(name_taken(&connection.name));
        }
        let outcome = self.users().provision(change).await?;
        if outcome == CommitOutcome::Applied {
            self.kept_mut().connections.insert(connection.name.clone(), connection.clone());
        }
        Ok(outcome)
    }

    async fn set_connection_hash(&self, name: &str, hash: &TokenHash) -> Result<bool, StoreError> {
        let mut kept = self.kept_mut();
        let Some(connection) = kept.connections.get_mut(name) else { return Ok(false) };
        connection.hash = *hash;
        Ok(true)
    }

    async fn find_connection(&self, hash: &TokenHash) -> Result<Option<ConnectionRecord>, StoreError> {
        let found = self.kept().connections.values().find(|connection| connection.hash == *hash).cloned();
        match found {
            Some(connection) => self.connection_record(connection).await,
            None => Ok(None),
        }
    }

    async fn connections(&self) -> Result<Vec<ConnectionRecord>, StoreError> {
        let all: Vec<ConnectionRow> = self.kept().connections.values().cloned().collect();
        let mut records = Vec::with_capacity(all.len());
        for connection in all {
            records.extend(self.connection_record(connection).await?);
        }
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService, UserUpdate};
    use userbook_http::TokenKey;
    use userbook_memory::MemoryStore;

    use super::*;
    use crate::scim::Connecting;

    #[tokio::test]
    async fn a_connection_has_an_account_and_ends_with_it() {
        let users = MemoryStore::new();
        let auth = std::sync::Arc::new(MemoryAuth::new(users.clone()));
        let hash = TokenKey::new("secret").hash();
        let authorizer = || PermissionAuthorizer::new(StaticPermissions::none());
        let connecting = |name: &str| {
            let store =
                Connecting::new(std::sync::Arc::new(users.clone()), auth.clone(), name, hash, true, false);
            UserService::new(store, authorizer())
        };
        let host = Actor::system();
        let account = connecting("okta").insert_user(&host, NewUser::new("scim-okta", "Okta")).await.unwrap();
        let account = account.view.user.id;
        let record = auth.find_connection(&hash).await.unwrap().unwrap();
        assert!(record.user_is_active && record.connection.deactivates && !record.connection.is_strict);
        assert_eq!((record.connection.name.as_str(), record.connection.user), ("okta", account));

        let again = connecting("okta").insert_user(&host, NewUser::new("other", "Other")).await.unwrap_err();
        assert!(again.to_string().contains("A connection \"okta\" exists already."), "{again}");
        let renewed = TokenKey::new("new").hash();
        assert!(auth.set_connection_hash("okta", &renewed).await.unwrap());
        assert!(!auth.set_connection_hash("entra", &renewed).await.unwrap());
        assert_eq!(auth.find_connection(&hash).await.unwrap(), None);

        let service = UserService::new(users.clone(), authorizer());
        service.update_user(&host, account, UserUpdate::patch().is_active(false)).await.unwrap();
        assert!(!auth.find_connection(&renewed).await.unwrap().unwrap().user_is_active);
        service.delete_user(&host, account).await.unwrap();
        assert_eq!(auth.find_connection(&renewed).await.unwrap(), None);
        assert_eq!(auth.connections().await.unwrap(), []);
    }
}
