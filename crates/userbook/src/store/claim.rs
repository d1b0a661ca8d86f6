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

/// A user's key in a namespace. A user has at most one key in each namespace, which a later claim replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The namespace.
    pub namespace: ClaimNamespace,
    /// The folded name; `None` for an empty one.
    pub key: Option<String>,
    /// Whether no other user may have an exclusive claim to the key, in any namespace: the commit of a second one is a
    /// [`Conflict`](super::CommitOutcome::Conflict).
    pub exclusive: bool,
}

impl Claim {
    /// Creates the claims of a user: at most one of them is exclusive if both have one key.
    pub fn of(user: &User, distinct: DistinctNames) -> [Self; 2] {
        let mut login = Self::new(ClaimNamespace::Login, &user.username, distinct.username);
        let mut email = Self::new(ClaimNamespace::Email, &user.email, distinct.email);
        Self::unite(&mut login, &mut email);
        [login, email]
    }

    /// Creates the claims of the changed names.
    pub(super) fn of_names(
        username: Option<&str>,
        email: Option<&str>,
        distinct: DistinctNames,
    ) -> [Option<Self>; 2] {
        let mut login = username.map(|name| Self::new(ClaimNamespace::Login, name, distinct.username));
        let mut email = email.map(|email| Self::new(ClaimNamespace::Email, email, distinct.email));
        if let (Some(login), Some(email)) = (&mut login, &mut email) {
            Self::unite(login, email);
        }
        [login, email]
    }

    /// Leaves one exclusive claim to a key that a user has twice.
    fn unite(login: &mut Self, email: &mut Self) {
        if login.key == email.key {
            login.exclusive |= email.exclusive;
            email.exclusive = false;
        }
    }

    fn new(namespace: ClaimNamespace, name: &str, exclusive: bool) -> Self {
        let key = Some(fold(name)).filter(|key| !key.is_empty());
        Self { namespace, exclusive: exclusive && key.is_some(), key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_has_one_exclusive_claim() {
        let claims = |username, email, distinct: (bool, bool)| -> Vec<_> {
            let distinct = DistinctNames { username: distinct.0, email: distinct.1 };
            let claims = Claim::of_names(username, email, distinct);
            claims
                .into_iter()
                .flatten()
                .map(|claim| (claim.namespace, claim.key.unwrap_or_default(), claim.exclusive))
                .collect()
        };
        let (login, email) = (ClaimNamespace::Login, ClaimNamespace::Email);
        let key = |namespace, key: &str, exclusive| (namespace, key.to_owned(), exclusive);
        assert_eq!(claims(None, None, (true, true)), []);
        assert_eq!(
            claims(Some("Ada"), Some("A@x"), (true, true)),
            [key(login, "ada", true), key(email, "a@x", true)]
        );
        assert_eq!(
            claims(Some("A@x"), Some("a@X"), (true, true)),
            [key(login, "a@x", true), key(email, "a@x", false)]
        );
        assert_eq!(
            claims(Some("A@x"), Some("a@X"), (false, true)),
            [key(login, "a@x", true), key(email, "a@x", false)]
        );
        assert_eq!(claims(None, Some(""), (true, true)), [key(email, "", false)]);
    }
}
