//! SCIM connections: the service account of each, and the hash of its token. The token opens `/scim/v2` only.

mod memory;
mod sql;

use std::fmt::Debug;

use async_trait::async_trait;
use userbook::{
    UserId,
    store::{CommitOutcome, ProvisioningChange, StoreError},
    violation::{ViolationKind, Violations},
};
use userbook_http::TokenHash;

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRow {
    /// The name, unique in the database.
    pub name: String,
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// The service account that performs the changes. The connection ends with the account.
    pub user: UserId,
    /// Whether a deletion by the connection deactivates the user.
    pub deactivates: bool,
    /// Whether requests must follow the RFCs to the letter.
    pub is_strict: bool,
}

/// A connection with the state of its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRecord {
    /// The connection.
    pub connection: ConnectionRow,
    /// Whether the account is active, as read in the same lookup.
    pub user_is_active: bool,
}

/// Stores SCIM connections.
#[async_trait]
pub trait ConnectionStore: Debug + Send + Sync {
    /// Applies `change`, which creates the account, and adds the connection, in one step.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails. [`Rejected`](CommitOutcome::Rejected) is the outcome for a name that
    /// exists.
    async fn connect(
        &self,
        change: &ProvisioningChange,
        connection: &ConnectionRow,
    ) -> Result<CommitOutcome, StoreError>;

    /// Replaces the token. Returns false if no connection has the name.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn set_connection_hash(&self, name: &str, hash: &TokenHash) -> Result<bool, StoreError>;

    /// Returns the connection with this token.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn find_connection(&self, hash: &TokenHash) -> Result<Option<ConnectionRecord>, StoreError>;

    /// Returns all connections by name.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn connections(&self) -> Result<Vec<ConnectionRecord>, StoreError>;
}

/// The outcome for a name that exists.
fn name_taken(name: &str) -> CommitOutcome {
    CommitOutcome::Rejected(Violations::from(ViolationKind::Custom {
        code: "connection_exists".into(),
        message: format!("A connection {name:?} exists already."),
        params: [("name".to_owned(), name.into())].into_iter().collect(),
    }))
}
