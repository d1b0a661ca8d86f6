//! A store that creates a user and the account in one transaction.

use async_trait::async_trait;
use userbook::{
    PermissionAuthorizer, StaticPermissions, UserService, UserStore,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, ProvisioningChange, ProvisioningOp,
        ProvisioningStore, Snapshot, SnapshotQuery, StoreError,
    },
};
use userbook_sqlx::sqlite::{SqliteStore, failure};

/// Userbook's store, and what your table needs for the new user.
#[derive(Debug)]
pub struct SignUp {
    store: SqliteStore,
    password: String,
}

/// The service of one sign-up.
pub fn service(
    store: &SqliteStore,
    password: String,
) -> UserService<SignUp, PermissionAuthorizer<StaticPermissions>> {
    let store = SignUp { store: store.clone(), password };
    UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none())).with_policy(super::policy())
}

#[async_trait]
impl UserStore for SignUp {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        self.store.load(query).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.store.commit(change).await
    }
}

#[async_trait]
impl ProvisioningStore for SignUp {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        self.store.load_directory(query).await
    }

    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        let mut transaction = self.store.begin_write().await?;
        let outcome = SqliteStore::provision_in(&mut transaction, change).await?;
        let ProvisioningOp::InsertUser(user) = &change.op else { return Ok(CommitOutcome::Conflict) };
        if outcome == CommitOutcome::Applied {
            let account = sqlx::query("INSERT INTO accounts (user, password) VALUES (?, ?)");
            let account = account.bind(user.uuid).bind(&self.password);
            account.execute(&mut *transaction).await.map_err(failure)?;
            SqliteStore::commit_transaction(transaction).await?;
        }
        Ok(outcome)
    }
}
