//! The folded names of users.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
};

use userbook::{
    UserId,
    field::fold,
    store::{Claim, ClaimNamespace},
};

const NAMESPACES: [ClaimNamespace; 2] = [ClaimNamespace::Login, ClaimNamespace::Email];

/// The claims of all users.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    claims: HashMap<Arc<str>, Holders>,
    keys: BTreeMap<(UserId, ClaimNamespace), Arc<str>>,
}

/// The claims to one key. Nearly every key has one.
#[derive(Debug)]
struct Holders {
    first: Holder,
    more: Vec<Holder>,
}

#[derive(Debug, Clone, Copy)]
struct Holder {
    owner: (UserId, ClaimNamespace),
    exclusive: bool,
}

impl Holders {
    fn iter(&self) -> impl Iterator<Item = &Holder> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// Removes a claim, and returns whether others remain.
    fn remove(&mut self, owner: (UserId, ClaimNamespace)) -> bool {
        if self.first.owner != owner {
            self.more.retain(|holder| holder.owner != owner);
            return true;
        }
        let next = self.more.pop();
        self.first = next.unwrap_or(self.first);
        next.is_some()
    }
}

impl Claims {
    /// Returns whether a user other than `user` has a name that folds like this one.
    pub(crate) fn is_taken(&self, name: Option<&str>, user: Option<UserId>) -> bool {
        let holders = name.and_then(|name| self.claims.get(fold(name).as_str()));
        holders.is_some_and(|holders| holders.iter().any(|holder| Some(holder.owner.0) != user))
    }

    /// Returns the users with a name that folds like this one.
    pub(crate) fn holders(&self, name: &str) -> BTreeSet<UserId> {
        let holders = self.claims.get(fold(name).as_str());
        holders.into_iter().flat_map(Holders::iter).map(|holder| holder.owner.0).collect()
    }

    /// Returns whether another user has an exclusive claim to the key of one of these exclusive claims.
    pub(crate) fn conflict<'c>(&self, user: UserId, claims: impl IntoIterator<Item = &'c Claim>) -> bool {
        claims.into_iter().filter(|claim| claim.exclusive).any(|claim| {
            let holders = claim.key.as_deref().and_then(|key| self.claims.get(key));
            let of_another = |holder: &Holder| holder.exclusive && holder.owner.0 != user;
            holders.is_some_and(|holders| holders.iter().any(of_another))
        })
    }

    /// Writes the claims of a change or of a new user.
    pub(crate) fn put(&mut self, user: UserId, changes: [Option<Claim>; 2]) {
        let held = NAMESPACES.map(|namespace| self.held(user, namespace));
        let changes = changes.map(|claim| {
            let Claim { namespace, key, exclusive } = claim?;
            Some(Claim { namespace, key: key.map(Arc::from), exclusive })
        });
        let claims = Claim::after(held.each_ref().map(Option::as_ref), changes);
        for ((namespace, held), claim) in NAMESPACES.into_iter().zip(held).zip(claims) {
            if claim == held {
                continue;
            }
            self.remove(user, namespace);
            let Some(Claim { key: Some(key), exclusive, .. }) = claim else { continue };
            let holder = Holder { owner: (user, namespace), exclusive };
            self.keys.insert(holder.owner, Arc::clone(&key));
            match self.claims.entry(key) {
                Entry::Occupied(entry) => entry.into_mut().more.push(holder),
                Entry::Vacant(entry) => _ = entry.insert(Holders { first: holder, more: Vec::new() }),
            }
        }
    }

    fn held(&self, user: UserId, namespace: ClaimNamespace) -> Option<Claim<Arc<str>>> {
        let owner = (user, namespace);
        let key = self.keys.get(&owner)?;
        let holder = self.claims.get(key)?.iter().find(|holder| holder.owner == owner)?;
        Some(Claim { namespace, key: Some(Arc::clone(key)), exclusive: holder.exclusive })
    }

    /// Removes all claims of a deleted user.
    pub(crate) fn delete(&mut self, user: UserId) {
        for namespace in NAMESPACES {
            self.remove(user, namespace);
        }
    }

    fn remove(&mut self, user: UserId, namespace: ClaimNamespace) {
        let owner = (user, namespace);
        let Some(key) = self.keys.remove(&owner) else { return };
        if let Some(holders) = self.claims.get_mut(&key)
            && !holders.remove(owner)
        {
            self.claims.remove(&key);
        }
    }
}
