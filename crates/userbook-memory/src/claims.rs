//! The folded names of users.

use std::collections::BTreeMap;

use userbook::{
    User, UserId,
    field::fold,
    store::{Claim, ClaimNamespace, DistinctNames},
};

/// The claims of all users.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Whether each claim to a key is exclusive.
    claims: BTreeMap<String, BTreeMap<(UserId, ClaimNamespace), bool>>,
    keys: BTreeMap<(UserId, ClaimNamespace), String>,
}

impl Claims {
    /// Returns whether a user other than `user` has a name that folds like this one.
    pub(crate) fn is_taken(&self, name: Option<&str>, user: Option<UserId>) -> bool {
        let claims = name.and_then(|name| self.claims.get(&fold(name)));
        claims.is_some_and(|claims| claims.keys().any(|(owner, _)| Some(*owner) != user))
    }

    /// Returns whether another user has an exclusive claim to the key of one of these exclusive claims.
    pub(crate) fn conflict(&self, user: UserId, claims: &[Claim]) -> bool {
        claims.iter().filter(|claim| claim.exclusive).any(|claim| {
            let held = claim.key.as_ref().and_then(|key| self.claims.get(key));
            held.is_some_and(|held| held.iter().any(|((owner, _), exclusive)| *exclusive && *owner != user))
        })
    }

    /// Replaces the user's claims in the namespaces of these claims.
    pub(crate) fn put(&mut self, user: UserId, claims: impl IntoIterator<Item = Claim>) {
        for Claim { namespace, key, exclusive } in claims {
            self.remove(user, namespace);
            let Some(key) = key else { continue };
            self.keys.insert((user, namespace), key.clone());
            self.claims.entry(key).or_default().insert((user, namespace), exclusive);
        }
    }

    /// Removes all claims of a deleted user.
    pub(crate) fn delete(&mut self, user: &User) {
        for claim in Claim::of(user, DistinctNames::default()) {
            self.remove(user.id, claim.namespace);
        }
    }

    fn remove(&mut self, user: UserId, namespace: ClaimNamespace) {
        let Some(key) = self.keys.remove(&(user, namespace)) else { return };
        let Some(claims) = self.claims.get_mut(&key) else { return };
        claims.remove(&(user, namespace));
        if claims.is_empty() {
            self.claims.remove(&key);
        }
    }
}
