//! Lists of referenced rows: the requested groups of a user, the requested members of a group.

use std::{collections::BTreeSet, fmt::Display};

use super::FieldErrors;
use crate::{
    model::{GroupId, UserId},
    violation::ViolationKind,
};

/// A row in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<I> {
    /// The row.
    pub id: I,
    /// The spelling in the request, for messages.
    pub sent: Option<String>,
}

/// A group in a request.
pub type GroupRef = Reference<GroupId>;

/// The requested rows, existing or not.
///
/// As recorded, a list has at most one violation: that of its first bad element, which is either malformed or an
/// unknown row. This type keeps the rows before the first malformed element together with that element's violation, and
/// the decision reports the one that comes first.
#[derive(Debug, Clone, PartialEq)]
pub struct References<I> {
    elements: Vec<Reference<I>>,
    ids: BTreeSet<I>,
    fault: Option<ViolationKind>,
}

/// The requested groups of a user.
pub type Memberships = References<GroupId>;

/// The requested members of a group.
pub type Members = References<UserId>;

impl<I> Default for References<I> {
    fn default() -> Self {
        Self { elements: Vec::new(), ids: BTreeSet::new(), fault: None }
    }
}

impl<I: Display> Reference<I> {
    /// Returns the violation of a reference to a row that does not exist.
    pub(crate) fn does_not_exist(&self) -> ViolationKind {
        ViolationKind::DoesNotExist { pk: self.sent.clone().unwrap_or_else(|| self.id.to_string()) }
    }
}

impl<I: Copy + Ord + Display> References<I> {
    /// Reads elements up to the first malformed one.
    pub fn collect(elements: impl IntoIterator<Item = Result<Reference<I>, ViolationKind>>) -> Self {
        let mut references = Self::default();
        for element in elements {
            match element {
                Ok(reference) => {
                    references.ids.insert(reference.id);
                    references.elements.push(reference);
                }
                Err(fault) => {
                    references.fault = Some(fault);
                    break;
                }
            }
        }
        references
    }

    /// Returns the well-formed elements before any malformed one, with duplicates.
    pub fn elements(&self) -> &[Reference<I>] {
        &self.elements
    }

    /// Returns the well-formed rows without duplicates.
    pub(crate) fn ids(&self) -> &BTreeSet<I> {
        &self.ids
    }

    /// Returns the violation of the first bad element: a row for which `exists` is false, or the malformed element.
    pub(crate) fn first_fault(&self, exists: impl Fn(I) -> bool) -> Option<FieldErrors> {
        self.elements
            .iter()
            .find(|reference| !exists(reference.id))
            .map(Reference::does_not_exist)
            .or_else(|| self.fault.clone())
            .map(FieldErrors::from)
    }
}

impl<I: Copy + Ord + Display> FromIterator<I> for References<I> {
    fn from_iter<T: IntoIterator<Item = I>>(ids: T) -> Self {
        Self::collect(ids.into_iter().map(|id| Ok(Reference { id, sent: None })))
    }
}

impl<I: Copy + Ord + Display, const N: usize> From<[I; N]> for References<I> {
    fn from(ids: [I; N]) -> Self {
        ids.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn groups_before_the_first_malformed_element_are_kept() {
        let group = |n| GroupRef { id: GroupId(Uuid::from_u128(n)), sent: Some(n.to_string()) };
        let elements = [Ok(group(2)), Ok(group(1)), Ok(group(2)), Err(ViolationKind::Null), Ok(group(3))];
        let memberships = Memberships::collect(elements);
        assert_eq!(memberships.elements(), [group(2), group(1), group(2)]);
        assert_eq!(*memberships.ids(), [group(1).id, group(2).id].into());
        let missing = |n: &str| Some(ViolationKind::DoesNotExist { pk: n.to_owned() }.into());
        assert_eq!(memberships.first_fault(|id| id != group(1).id), missing("1"));
        assert_eq!(memberships.first_fault(|_| true), Some(ViolationKind::Null.into()));
    }
}
