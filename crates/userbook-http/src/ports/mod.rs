//! Ports of the host around the directory: passwords, recovery links and tokens, which the core does not know.
//!
//! Each port is optional. Without it the operation answers 400 that says so, to callers who may use the operation.

mod credentials;
mod recovery;
mod tokens;

use std::{borrow::Cow, fmt::Debug, sync::Arc};

pub use credentials::{Credentials, Password, PasswordChange, PreparedPassword};
pub use recovery::Recovery;
pub use tokens::{NewToken, Tokens};

use userbook::store::StoreError;

/// A reason why a port did not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// The host rejects the request: 400 with this message. Nothing was changed.
    #[error("{0}")]
    Rejected(Cow<'static, str>),
    /// The storage of the host failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The ports that the host provides.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ports {
    pub(crate) credentials: Option<Arc<dyn Credentials>>,
    pub(crate) recovery: Option<Arc<dyn Recovery>>,
    pub(crate) tokens: Option<Arc<dyn Tokens>>,
}
