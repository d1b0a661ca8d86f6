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
    held: BTreeMap<(UserId, ClaimNamespace), Claim<Arc<str>>>,
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
        if changes.iter().all(Option::is_none) {
            return;
        }
        let held = NAMESPACES.map(|namespace| self.held.get(&(user, namespace)));
        let changes = changes.map(|claim| {
            let Claim { namespace, key, exclusive } = claim?;
            Some(Claim { namespace, key: key.map(Arc::from), exclusive })
        });
        let claims = Claim::after(held, changes);
        let ([login, email], [new_login, new_email]) = (held, &claims);
        let is_kept = [login == new_login.as_ref(), email == new_email.as_ref()];
        for ((namespace, is_kept), claim) in NAMESPACES.into_iter().zip(is_kept).zip(claims) {
            if !is_kept {
                self.remove(user, namespace);
                self.insert(user, claim);
            }
        }
    }

    fn insert(&mut self, user: UserId, claim: Option<Claim<Arc<str>>>) {
        let Some(claim) = claim else { return };
        let Some(key) = claim.key.clone() else { return };
        let owner = (user, claim.namespace);
        let holder = Holder { owner, exclusive: claim.exclusive };
        self.held.insert(owner, claim);
        match self.claims.entry(key) {
            Entry::Occupied(entry) => entry.into_mut().more.push(holder),
            Entry::Vacant(entry) => _ = entry.insert(Holders { first: holder, more: Vec::new() }),
        }
    }

    /// Removes all claims of a deleted user.
    pub(crate) fn delete(&mut self, user: UserId) {
        for namespace in NAMESPACES {
            self.remove(user, namespace);
        }
    }

    fn remove(&mut self, user: UserId, namespace: ClaimNamespace) {
        let owner = (user, namespace);
        let Some(key) = self.held.remove(&owner).and_then(|claim| claim.key) else { return };
        if let Some(holders) = self.claims.get_mut(&key)
            && !holders.remove(owner)
        {
            self.claims.remove(&key);
        }
    }
}
