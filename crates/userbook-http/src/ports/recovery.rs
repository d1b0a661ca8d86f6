//! The port to recovery links.

use std::fmt::Debug;

use async_trait::async_trait;
use userbook::User;

use super::PortError;

/// Creates links with which users regain access to their accounts.
///
/// A link takes the account over, so the API checks the right to set the user's password, with its safeguards, first.
#[async_trait]
pub trait Recovery: Debug + Send + Sync + 'static {
    /// Returns a new link for the user.
    ///
    /// # Errors
    /// [`PortError::Rejected`] if the host creates no link for this user.
    async fn link(&self, user: &User) -> Result<String, PortError>;

    /// Sends a new link to the user's e-mail address, which is not empty. `email_stage` is the client's choice of a
    /// message, if any.
    ///
    /// # Errors
    /// As [`Recovery::link`].
    async fn send(&self, user: &User, email_stage: Option<&str>) -> Result<(), PortError>;
}
