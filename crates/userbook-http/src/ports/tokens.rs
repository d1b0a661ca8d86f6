//! The port to tokens of service accounts.

use std::fmt::Debug;

use async_trait::async_trait;
use userbook::{Timestamp, UserId};

use super::PortError;
use crate::{TokenIntent, TokenKey};

/// A token to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The name of the token, unique among all tokens.
    pub identifier: String,
    /// The owner.
    pub user: UserId,
    /// The purpose.
    pub intent: TokenIntent,
    /// Whether the token expires.
    pub expiring: bool,
    /// The expiry time. `None` of an expiring token leaves the time to the host; authentik uses 30 minutes.
    pub expires: Option<Timestamp>,
}

/// Creates tokens, and deletes those of deleted users.
#[async_trait]
pub trait Tokens: Debug + Send + Sync + 'static {
    /// Returns whether a token has this identifier.
    ///
    /// # Errors
    /// [`PortError::Store`] when the storage fails.
    async fn is_taken(&self, identifier: &str) -> Result<bool, PortError>;

    /// Creates a token with a new random key of 60 ASCII letters and digits, and returns the key, which is not stored.
    ///
    /// # Errors
    /// [`PortError::Rejected`] if the identifier is taken.
    async fn create(&self, token: &NewToken) -> Result<TokenKey, PortError>;

    /// Deletes the tokens of a deleted user, and everything else that the host keeps for the user. Repeating is
    /// harmless.
    ///
    /// # Errors
    /// [`PortError::Store`] when the storage fails.
    async fn forget(&self, user: UserId) -> Result<(), PortError>;
}
