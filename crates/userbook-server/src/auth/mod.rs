//! Who may do what, as this host keeps it: tokens by their hash, and granted permissions.
//!
//! These tables are the server's own. Userbook's stores know nothing of them.

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

/// Tokens and permissions to be kept.
#[derive(Debug, Clone, Default)]
pub struct AuthRows {
    /// Tokens.
    pub tokens: Vec<TokenRow>,
    /// Permissions.
    pub grants: Vec<GrantRow>,
}

/// A token: never the key, only its hash.
#[derive(Debug, Clone, Copy)]
pub struct TokenRow {
    /// SHA-256 of the key.
    pub hash: TokenHash,
    /// Whose it is.
    pub user: UserId,
    /// What it is for; only one for the API opens this server.
    pub intent: TokenIntent,
    /// Whether it ends at all.
    pub expiring: bool,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
}

/// A granted permission. One that this server does not know is kept and means nothing.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// The user who holds it.
    pub user: UserId,
    /// authentik's name of it.
    pub permission: String,
    /// On what.
    pub on: GrantedOn,
}

/// What a permission is granted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantedOn {
    /// Everything.
    Everything,
    /// One user.
    User(UserId),
    /// One group.
    Group(GroupId),
}

/// Where the server keeps tokens and permissions.
#[async_trait]
pub trait AuthStore: TokenStore + PermissionSource + Debug {
    /// Puts these rows in place of all there are, in one step.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn replace(&self, rows: &AuthRows) -> Result<(), StoreError>;
}
