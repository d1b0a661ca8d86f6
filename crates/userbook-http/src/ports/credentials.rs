//! The port to passwords.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use userbook::{User, UserId};

use super::PortError;

/// A password as sent. Neither `Debug` nor errors show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Wraps a password.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// Returns the secret.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What the host stores for a password, such as a hash; `None` makes the password unusable. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PreparedPassword(Option<String>);

impl PreparedPassword {
    /// Wraps a hash.
    pub fn hash(hash: impl Into<String>) -> Self {
        Self(Some(hash.into()))
    }

    /// No password opens the account.
    pub const fn unusable() -> Self {
        Self(None)
    }

    /// Returns the hash.
    pub fn reveal(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl Debug for PreparedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreparedPassword(..)")
    }
}

/// A password whose change is recorded in the directory.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The user.
    pub user: UserId,
    /// The version of the user's row after the change, as in the event. Of two changes at once the one with the
    /// higher version counts, whichever is stored last.
    pub version: u64,
    /// What to store.
    pub password: PreparedPassword,
}

/// Keeps passwords.
///
/// The directory records the time of a change with an event that ends the user's sessions, between the two methods:
/// a password is never new without that event.
#[async_trait]
pub trait Credentials: Debug + Send + Sync + 'static {
    /// Checks a new password by the host's own policy, and hashes it. `None` asks for an unusable password. Hashing
    /// takes long, so run it where it does not block the async runtime.
    ///
    /// # Errors
    /// [`PortError::Rejected`] if the host does not accept the password.
    async fn prepare(&self, user: &User, password: Option<Password>) -> Result<PreparedPassword, PortError>;

    /// Stores the password of a recorded change, unless one of a higher version is stored.
    ///
    /// # Errors
    /// [`PortError::Store`] when the storage fails; the old password then stays, and the client must try again.
    async fn store(&self, change: &PasswordChange) -> Result<(), PortError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_shown() {
        let password = Password::new("secret");
        assert_eq!((format!("{password:?}").as_str(), password.reveal()), ("Password(..)", "secret"));
        let prepared = PreparedPassword::hash("secret");
        assert_eq!(
            (format!("{prepared:?}").as_str(), prepared.reveal()),
            ("PreparedPassword(..)", Some("secret"))
        );
        assert_eq!(PreparedPassword::unusable().reveal(), None);
    }
}
