//! Names that no two users may have.

use crate::{field::fold, model::User, policy::DistinctNames};

/// What a [`Claim`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClaimNamespace {
    /// Folded usernames.
    Login,
    /// Folded e-mail addresses.
    Email,
}

impl ClaimNamespace {
    /// Returns the name that stores use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Email => "email",
        }
    }
}

/// A user's key in a namespace. A user has one key in each namespace, which a later claim replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The namespace.
    pub namespace: ClaimNamespace,
    /// The folded name; `None` for an empty one.
    pub key: Option<String>,
    /// Whether no other user may have the key as an exclusive one: the commit of a second exclusive claim is a
    /// [`Conflict`](super::CommitOutcome::Conflict).
    pub exclusive: bool,
}

impl Claim {
    /// Creates the claim of a username.
    pub fn login(username: &str, distinct: DistinctNames) -> Self {
        Self::new(ClaimNamespace::Login, username, distinct.username)
    }

    /// Creates the claim of an e-mail address.
    pub fn email(email: &str, distinct: DistinctNames) -> Self {
        Self::new(ClaimNamespace::Email, email, distinct.email)
    }

    /// Creates the claims of a stored user.
    pub fn of(user: &User, distinct: DistinctNames) -> [Self; 2] {
        [Self::login(&user.username, distinct), Self::email(&user.email, distinct)]
    }

    fn new(namespace: ClaimNamespace, name: &str, exclusive: bool) -> Self {
        let key = Some(fold(name)).filter(|key| !key.is_empty());
        Self { namespace, key, exclusive }
    }
}
