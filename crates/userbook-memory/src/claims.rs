//! The folded names of users.

use std::collections::{BTreeMap, BTreeSet};

use userbook::{
    User, UserId,
    field::fold,
    store::{Claim, ClaimNamespace, DistinctNames},
};

/// Who has a key.
#[derive(Debug, Default)]
struct Owners {
    /// The owner of the exclusive claim.
    exclusive: Option<UserId>,
    all: BTreeSet<UserId>,
}

/// The claims of all users.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    owners: BTreeMap<(ClaimNamespace, String), Owners>,
    keys: BTreeMap<(UserId, ClaimNamespace), String>,
}

impl Claims {
    /// Returns whether a user other than `user` has a name that folds like this one.
    pub(crate) fn is_taken(&self, name: Option<&str>, user: Option<UserId>) -> bool {
        let Some(key) = name.map(fold) else { return false };
        [ClaimNamespace::Login, ClaimNamespace::Email].into_iter().any(|namespace| {
            let owners = self.owners.get(&(namespace, key.clone()));
            owners.is_some_and(|owners| owners.all.iter().any(|owner| Some(*owner) != user))
        })
    }

    /// Returns whether another user has an exclusive claim to the key of one of these exclusive claims.
    pub(crate) fn conflict(&self, user: UserId, claims: &[Claim]) -> bool {
        claims.iter().filter(|claim| claim.exclusive).any(|claim| {
            let Some(key) = &claim.key else { return false };
            let owners = self.owners.get(&(claim.namespace, key.clone()));
            owners.and_then(|owners| owners.exclusive).is_some_and(|owner| owner != user)
        })
    }

    /// Replaces the user's claims in the namespaces of these claims.
    pub(crate) fn put(&mut self, user: UserId, claims: impl IntoIterator<Item = Claim>) {
        for Claim { namespace, key, exclusive } in claims {
            self.remove(user, namespace);
            let Some(key) = key else { continue };
            self.keys.insert((user, namespace), key.clone());
            let owners = self.owners.entry((namespace, key)).or_default();
            owners.all.insert(user);
            if exclusive {
                owners.exclusive = Some(user);
            }
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
        let place = (namespace, key);
        let Some(owners) = self.owners.get_mut(&place) else { return };
        owners.all.remove(&user);
        owners.exclusive = owners.exclusive.filter(|owner| *owner != user);
        if owners.all.is_empty() {
            self.owners.remove(&place);
        }
    }
}
