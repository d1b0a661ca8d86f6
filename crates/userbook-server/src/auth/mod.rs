//! Tokens and permissions as this host stores them: tokens by hash, granted permissions, and SCIM connections.
//!
//! These tables belong to the server. Userbook's stores do not know them.

mod connection;
mod decode;
mod memory;
mod rows;
mod sql;
mod statements;

use std::fmt::Debug;

use async_trait::async_trait;
pub use connection::{ConnectionRecord, ConnectionRow, ConnectionStore};
pub use memory::MemoryAuth;
pub use rows::{AuthRows, GrantRow, GrantedOn, TokenRow};
pub use sql::SqlAuth;
pub(crate) use sql::{COMPONENT, read_grants, read_tokens};
pub use statements::AuthBackend;
use userbook::{
    UserId,
    authz::PermissionSource,
    store::{ImportData, ImportOutcome, StoreError},
};
use userbook_http::TokenStore;

/// Called when everything is written, before the commit. An error undoes all.
pub type BeforeCommit<'a> = &'a (dyn Fn() -> std::io::Result<()> + Send + Sync);

/// Stores tokens, permissions and connections.
#[async_trait]
pub trait AuthStore: TokenStore + PermissionSource + ConnectionStore + Debug {
    /// Fills an empty database with users, groups, tokens and permissions, in one step.
    ///
    /// # Errors
    /// [`StoreError`] when the storage or `before_commit` fails. Nothing is written then.
    async fn fill(
        &self,
        directory: &ImportData,
        rows: &AuthRows,
        before_commit: BeforeCommit<'_>,
    ) -> Result<ImportOutcome, StoreError>;

    /// Adds a token. Returns false if its identifier exists already.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails, also for a user that does not exist.
    async fn create_token(&self, token: &TokenRow) -> Result<bool, StoreError>;

    /// Returns whether a token has this identifier.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn has_token(&self, identifier: &str) -> Result<bool, StoreError>;

    /// Deletes a token. Returns false if it does not exist.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn revoke_token(&self, identifier: &str) -> Result<bool, StoreError>;

    /// Returns the tokens of a user, or all.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn tokens(&self, user: Option<UserId>) -> Result<Vec<TokenRow>, StoreError>;

    /// Grants a permission. Returns false if the user holds it already.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails, also for a user that does not exist.
    async fn grant(&self, grant: &GrantRow) -> Result<bool, StoreError>;

    /// Revokes a permission. Returns false if the user does not hold it.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn revoke(&self, grant: &GrantRow) -> Result<bool, StoreError>;

    /// Returns all granted permissions.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn grants_of_all(&self) -> Result<Vec<GrantRow>, StoreError>;
}
