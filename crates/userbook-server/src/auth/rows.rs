//! The rows of tokens and permissions.

use userbook::{GroupId, Timestamp, UserId};
use userbook_http::{TokenHash, TokenIntent};

/// Tokens and permissions to store.
#[derive(Debug, Clone, Default)]
pub struct AuthRows {
    /// Tokens.
    pub tokens: Vec<TokenRow>,
    /// Permissions.
    pub grants: Vec<GrantRow>,
}

/// A token: its hash, never its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// SHA-256 of the key.
    pub hash: TokenHash,
    /// The owner.
    pub user: UserId,
    /// The name of the token, unique in the database.
    pub identifier: String,
    /// The intent; only tokens for the API are accepted.
    pub intent: TokenIntent,
    /// Whether the token expires.
    pub expiring: bool,
    /// The expiry time.
    pub expires: Option<Timestamp>,
}

impl TokenRow {
    /// Returns the identifier of a token that has no name: the start of its hash.
    pub fn default_identifier(hash: &TokenHash) -> String {
        format!("token-{}", hash.to_string().chars().take(12).collect::<String>())
    }
}

/// A granted permission. Unknown permissions are stored and have no effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantRow {
    /// The user who holds it.
    pub user: UserId,
    /// authentik's name of the permission.
    pub permission: String,
    /// The object.
    pub on: GrantedOn,
}

/// The object of a permission.
///
/// Exhaustive: the tables contain these kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantedOn {
    /// Everything.
    Everything,
    /// One user.
    User(UserId),
    /// One group.
    Group(GroupId),
}

impl GrantedOn {
    /// Returns the columns of the object: user and group.
    pub(super) fn columns(self) -> (Option<i64>, Option<String>) {
        match self {
            Self::Everything => (None, None),
            Self::User(user) => (Some(user.0), None),
            Self::Group(group) => (None, Some(group.to_string())),
        }
    }
}
