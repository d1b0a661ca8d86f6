//! The users or groups that external sources manage.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use userbook::{
    Violations,
    model::{ExternalIds, ExternalSource},
    store::{CommitOutcome, ExternalIdFilter},
};

/// The objects of all sources, which are all users or all groups.
#[derive(Debug)]
pub(crate) struct ExternalIndex<I>(BTreeMap<ExternalSource, Managed<I>>);

/// The objects of one source.
#[derive(Debug)]
struct Managed<I> {
    all: BTreeSet<I>,
    identifiers: HashMap<String, I>,
}

impl<I> Default for ExternalIndex<I> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<I: Copy + Ord> ExternalIndex<I> {
    /// Returns the first source in which an object other than `owner` has the same identifier.
    fn taken<'i>(&self, ids: &'i ExternalIds, owner: Option<I>) -> Option<&'i ExternalSource> {
        let holder = |source, identifier: &str| self.0.get(source)?.identifiers.get(identifier).copied();
        let is_taken = |(source, identifier): &(_, Option<&str>)| {
            identifier.and_then(|identifier| holder(*source, identifier)).is_some_and(|it| Some(it) != owner)
        };
        ids.iter().find(is_taken).map(|(source, _)| source)
    }

    /// Returns the outcome of a write with a taken identifier.
    pub(crate) fn reject(&self, ids: &ExternalIds, owner: Option<I>) -> Option<CommitOutcome> {
        self.taken(ids, owner).map(|source| CommitOutcome::Rejected(Violations::external_id_taken(source)))
    }

    /// Replaces the external ids of an object. The caller has checked that no identifier is taken.
    pub(crate) fn replace(&mut self, owner: I, before: &ExternalIds, after: &ExternalIds) {
        for (source, identifier) in before.iter() {
            if let Some(managed) = self.0.get_mut(source) {
                managed.all.remove(&owner);
                identifier.and_then(|identifier| managed.identifiers.remove(identifier));
                if managed.all.is_empty() {
                    self.0.remove(source);
                }
            }
        }
        for (source, identifier) in after.iter() {
            let empty = || Managed { all: BTreeSet::new(), identifiers: HashMap::new() };
            let managed = self.0.entry(source.clone()).or_insert_with(empty);
            managed.all.insert(owner);
            managed.identifiers.extend(identifier.map(|identifier| (identifier.to_owned(), owner)));
        }
    }

    /// Returns the objects that match.
    pub(crate) fn find(&self, filter: &ExternalIdFilter) -> BTreeSet<I> {
        let managed = self.0.get(&filter.source);
        match &filter.identifier {
            None => managed.map(|managed| managed.all.clone()).unwrap_or_default(),
            Some(identifier) => {
                managed.and_then(|managed| managed.identifiers.get(identifier)).copied().into_iter().collect()
            }
        }
    }
}
