//! The port to authentication: who sent a request.

mod bearer;
mod token;

use std::{borrow::Cow, error::Error, fmt::Debug, sync::Arc};

use async_trait::async_trait;
use http::request::Parts;
use userbook::Actor;

pub use bearer::BearerAuthenticator;
pub use token::{TokenHash, TokenIntent, TokenKey, TokenRecord, TokenStore, UnknownTokenIntent};

/// Finds out who sent a request: the host's business.
#[async_trait]
pub trait Authenticator: Debug + Send + Sync + 'static {
    /// Who sent the request with this head; [`Actor::anonymous`] for a request that does not say.
    ///
    /// # Errors
    /// [`AuthenticationError::Refused`] for a request that says something wrong; the other two if it cannot be
    /// told.
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError>;
}

/// Why it is not known who sent a request.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// What the request says of its sender is wrong: 403 with this detail, never 401, as recorded.
    #[error("authentication refused: {detail}")]
    Refused {
        /// What the client is told.
        detail: Cow<'static, str>,
    },
    /// It cannot be told now, and trying again may help: 503.
    #[error("authentication unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It cannot be told: 500.
    #[error("authentication failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl AuthenticationError {
    /// The token is unknown, expired or made for something else, or its owner is inactive.
    pub const fn token_invalid() -> Self {
        Self::Refused { detail: Cow::Borrowed("Token invalid/expired") }
    }

    /// The request authenticates in a way that is not supported.
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
