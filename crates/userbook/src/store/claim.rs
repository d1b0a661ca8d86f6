//! Names that no two users may have.

use crate::{field::fold, model::User, policy::DistinctNames};

/// What a [`Claim`] stands for.
///
/// Exhaustive: a store keeps each kind of claim.
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

/// A user's key in a namespace. A user has at most one key in each namespace, which a later claim replaces as
/// [`Claim::after`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<K = String> {
    /// The namespace.
    pub namespace: ClaimNamespace,
    /// The folded name, or what a store has instead of it, such as a digest; `None` for an empty name.
    pub key: Option<K>,
    /// Whether no other user may have an exclusive claim to the key, in any namespace: a commit that claims the key of
    /// another user is a [`Conflict`](super::CommitOutcome::Conflict). A user may have a key in both namespaces.
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

    fn new(namespace: ClaimNamespace, name: &str, exclusive: bool) -> Self {
        let key = Some(fold(name)).filter(|key| !key.is_empty());
        Self { namespace, exclusive: exclusive && key.is_some(), key }
    }
}

impl<K: PartialEq> Claim<K> {
    /// Returns the claims of a user who has `held` after a change that writes `changes`, each as login and address. A
    /// user who has an exclusive claim to a key keeps one as long as either name has this key; of two claims to one
    /// key, one is exclusive.
    pub fn after(held: [Option<&Self>; 2], changes: [Option<Self>; 2]) -> [Option<Self>; 2]
    where
        K: Clone,
    {
        let mut claims = changes;
        for (claim, held) in claims.iter_mut().zip(held) {
            if claim.is_none() {
                *claim = held.cloned();
            }
            claim.take_if(|claim| claim.key.is_none());
        }
        for claim in claims.iter_mut().flatten() {
            claim.exclusive |= held.iter().flatten().any(|held| held.exclusive && held.key == claim.key);
        }
        if let [Some(login), Some(email)] = &mut claims {
            Self::unite(login, email);
        }
        claims
    }

    /// Leaves one exclusive claim to a key that a user has twice.
    fn unite(login: &mut Self, email: &mut Self) {
        if login.key == email.key {
            login.exclusive |= email.exclusive;
            email.exclusive = false;
        }
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

    #[test]
    fn a_user_keeps_an_exclusive_claim_with_the_key() {
        let (login, email) = (ClaimNamespace::Login, ClaimNamespace::Email);
        let claim =
            |namespace, key: &str, exclusive| Claim { namespace, key: Some(key.to_owned()), exclusive };
        let after = |held: [Claim; 2], new_login: Option<&str>, new_email: Option<&str>, is_distinct| {
            let distinct = DistinctNames { username: is_distinct, email: is_distinct };
            let [login, email] = &held;
            let changes = Claim::of_names(new_login, new_email, distinct);
            Claim::after([Some(login), Some(email)], changes).into_iter().flatten().collect::<Vec<_>>()
        };
        let held = |login_is_exclusive, email_is_exclusive| {
            [claim(login, "a", login_is_exclusive), claim(email, "b", email_is_exclusive)]
        };
        let cases = [
            // The own address becomes the username.
            (
                after(held(true, true), Some("B"), None, true),
                vec![claim(login, "b", true), claim(email, "b", false)],
            ),
            (
                after(held(true, true), Some("B"), None, false),
                vec![claim(login, "b", true), claim(email, "b", false)],
            ),
            // The address moves to the username.
            (
                after(held(true, true), Some("b"), Some("c"), false),
                vec![claim(login, "b", true), claim(email, "c", false)],
            ),
            // The address is spelled anew in the same change.
            (
                after(held(true, true), Some("b"), Some("B"), true),
                vec![claim(login, "b", true), claim(email, "b", false)],
            ),
            // Claims that are not exclusive stay so.
            (
                after(held(false, false), Some("b"), None, false),
                vec![claim(login, "b", false), claim(email, "b", false)],
            ),
            (
                after(held(false, false), Some("c"), None, true),
                vec![claim(login, "c", true), claim(email, "b", false)],
            ),
            // An empty address has no claim.
            (after(held(true, true), None, Some(""), true), vec![claim(login, "a", true)]),
            // The username leaves a key that the address keeps.
            (
                after([claim(login, "a", true), claim(email, "a", false)], Some("d"), None, false),
                vec![claim(login, "d", false), claim(email, "a", true)],
            ),
        ];
        for (n, (claims, expected)) in cases.into_iter().enumerate() {
            assert_eq!(claims, expected, "case {n}");
        }
    }
}
