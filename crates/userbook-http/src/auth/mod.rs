//! The port to authentication.

mod bearer;
mod token;

use std::{borrow::Cow, error::Error, fmt::Debug, sync::Arc};

use async_trait::async_trait;
use http::request::Parts;
use userbook::Actor;

pub use bearer::BearerAuthenticator;
pub use token::{TokenHash, TokenIntent, TokenKey, TokenRecord, TokenStore, UnknownTokenIntent};

/// Authenticates requests; the host implements it.
#[async_trait]
pub trait Authenticator: Debug + Send + Sync + 'static {
    /// Returns the actor of the request with this head; [`Actor::anonymous`] for a request without credentials.
    ///
    /// # Errors
    /// [`AuthenticationError::Refused`] for invalid credentials; the other two if credentials cannot be checked.
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError>;
}

/// The reasons why a request could not be authenticated.
///
/// Exhaustive: each reason has its own answer.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The credentials are invalid: 403 with this detail, as recorded, or 401 with
    /// [`UserApi::with_challenge`](crate::UserApi::with_challenge).
    #[error("authentication refused: {detail}")]
    Refused {
        /// The detail for the client.
        detail: Cow<'static, str>,
    },
    /// Credentials cannot be checked at present; a retry may succeed: 503.
    #[error("authentication unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Credentials cannot be checked: 500.
    #[error("authentication failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl AuthenticationError {
    /// The token is unknown, expired or of another intent, or its owner is inactive.
    pub const fn token_invalid() -> Self {
        Self::Refused { detail: Cow::Borrowed("Token invalid/expired") }
    }

    /// The authentication scheme is not supported.
    pub const fn unsupported_scheme() -> Self {
        Self::Refused { detail: Cow::Borrowed("Unsupported authentication type") }
    }
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        impl<N: Authenticator + ?Sized> Authenticator for $pointer<N> {
            async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
                (**self).authenticate(head).await
            }
        }
    )+};
}
forward!(Arc, Box);
