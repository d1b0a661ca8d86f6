//! The requested groups of a user.

use std::collections::BTreeSet;

use super::FieldErrors;
use crate::{model::GroupId, violation::ViolationKind};

/// A group in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRef {
    /// The group.
    pub id: GroupId,
    /// The spelling in the request, for messages.
    pub sent: Option<String>,
}

/// The requested groups, existing or not.
///
/// As recorded, a list has at most one violation: that of its first bad element, which is either malformed or an
/// unknown group. This type keeps the groups before the first malformed element together with that element's
/// violation, and the decision reports the one that comes first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memberships {
    groups: Vec<GroupRef>,
    ids: BTreeSet<GroupId>,
    fault: Option<ViolationKind>,
}

impl Memberships {
    /// Reads elements up to the first malformed one.
    pub fn collect(elements: impl IntoIterator<Item = Result<GroupRef, ViolationKind>>) -> Self {
        let mut memberships = Self::default();
        for element in elements {
            match element {
                Ok(group) => {
                    memberships.ids.insert(group.id);
                    memberships.groups.push(group);
                }
                Err(fault) => {
                    memberships.fault = Some(fault);
                    break;
                }
            }
        }
        memberships
    }

    /// Returns the well-formed groups before any malformed one, with duplicates.
    pub fn groups(&self) -> &[GroupRef] {
        &self.groups
    }

    /// Returns the well-formed groups without duplicates.
    pub(crate) fn ids(&self) -> &BTreeSet<GroupId> {
        &self.ids
    }

    /// Returns the violation of the first bad element: a group for which `exists` is false, or the malformed element.
    pub(crate) fn first_fault(&self, exists: impl Fn(GroupId) -> bool) -> Option<FieldErrors> {
        self.groups
            .iter()
            .find(|group| !exists(group.id))
            .map(|group| ViolationKind::DoesNotExist {
                pk: group.sent.clone().unwrap_or_else(|| group.id.to_string()),
            })
            .or_else(|| self.fault.clone())
            .map(FieldErrors::from)
    }
}

impl FromIterator<GroupId> for Memberships {
    fn from_iter<I: IntoIterator<Item = GroupId>>(ids: I) -> Self {
        Self::collect(ids.into_iter().map(|id| Ok(GroupRef { id, sent: None })))
    }
}

impl<const N: usize> From<[GroupId; N]> for Memberships {
    fn from(ids: [GroupId; N]) -> Self {
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
        assert_eq!(memberships.groups(), [group(2), group(1), group(2)]);
        assert_eq!(*memberships.ids(), [group(1).id, group(2).id].into());
        let missing = |n: &str| Some(ViolationKind::DoesNotExist { pk: n.to_owned() }.into());
        assert_eq!(memberships.first_fault(|id| id != group(1).id), missing("1"));
        assert_eq!(memberships.first_fault(|_| true), Some(ViolationKind::Null.into()));
    }
}
