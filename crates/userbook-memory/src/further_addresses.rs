//! The users by their further addresses.

use std::collections::{BTreeSet, HashMap};

use userbook::{UserId, store::FurtherAddresses};

/// The users of each key.
#[derive(Debug, Default)]
pub(crate) struct AddressIndex(HashMap<String, BTreeSet<UserId>>);

impl AddressIndex {
    /// Replaces the keys of a user.
    pub(crate) fn replace(&mut self, user: UserId, before: &FurtherAddresses, after: &FurtherAddresses) {
        for key in before.keys() {
            if let Some(users) = self.0.get_mut(key) {
                users.remove(&user);
                if users.is_empty() {
                    self.0.remove(key);
                }
            }
        }
        for key in after.keys() {
            self.0.entry(key.to_owned()).or_default().insert(user);
        }
    }

    /// Returns the users who may have this address.
    pub(crate) fn find(&self, address: &str) -> BTreeSet<UserId> {
        let keys = FurtherAddresses::searched(address);
        keys.iter().filter_map(|key| self.0.get(key)).flatten().copied().collect()
    }
}
