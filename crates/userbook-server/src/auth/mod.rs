//! Tokens and permissions as this host stores them: tokens by hash, and granted permissions.
//!
//! These tables belong to the server. Userbook's stores do not know them.

mod memory;
mod mysql;
mod postgres;
mod sql;
mod sqlite;

use std::fmt::Debug;

use async_trait::async_trait;
pub use memory::MemoryAuth;
pub use mysql::MySqlAuth;
pub use postgres::PostgresAuth;
pub use sqlite::SqliteAuth;
use userbook::{GroupId, Timestamp, UserId, authz::PermissionSource, store::StoreError};
use userbook_http::{TokenHash, TokenIntent, TokenStore};

/// Tokens and permissions to store.
#[derive(Debug, Clone, Default)]
pub struct AuthRows {
    /// Tokens.
    pub tokens: Vec<TokenRow>,
    /// Permissions.
    pub grants: Vec<GrantRow>,
}

/// A token: its hash, never its key.
#[derive(Debug, Clone, Copy)]
pub struct TokenRow {
    /// SHA-256 of the key.
    pub hash: TokenHash,
    /// The owner.
    pub user: UserId,
    /// The intent; only tokens for the API are accepted.
    pub intent: TokenIntent,
    /// Whether the token expires.
    pub expiring: bool,
    /// The expiry time.
    pub expires: Option<Timestamp>,
}

/// A granted permission. Unknown permissions are stored and have no effect.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// The user who holds it.
    pub user: UserId,
    /// authentik's name of the permission.
    pub permission: String,
    /// The object.
    pub on: GrantedOn,
}

/// The object of a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantedOn {
    /// Everything.
    Everything,
    /// One user.
    User(UserId),
    /// One group.
    Group(GroupId),
}

/// Stores tokens and permissions.
#[async_trait]
pub trait AuthStore: TokenStore + PermissionSource + Debug {
    /// Replaces all rows in one step.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn replace(&self, rows: &AuthRows) -> Result<(), StoreError>;
}
