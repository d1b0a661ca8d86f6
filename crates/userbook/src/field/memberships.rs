//! The groups a request wants a user to be in.

use std::collections::BTreeSet;

use super::FieldErrors;
use crate::{model::GroupId, violation::ViolationKind};

/// A group as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRef {
    /// The group.
    pub id: GroupId,
    /// How the request wrote it: a message quotes it so.
    pub sent: Option<String>,
}

/// The groups that a request names, without regard to which groups exist.
///
/// As recorded, a list has at most one fault: that of its first bad element, be it malformed or an unknown group. The
/// list keeps the groups before the first malformed element together with that element's fault, and the decision
/// reports whichever comes first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memberships {
    groups: Vec<GroupRef>,
    ids: BTreeSet<GroupId>,
    fault: Option<ViolationKind>,
}

impl Memberships {
    /// Reads elements up to the first that is malformed.
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

    /// The well-formed groups before any malformed one, duplicates and all.
    pub fn groups(&self) -> &[GroupRef] {
        &self.groups
    }

    /// The same, each once.
    pub(crate) fn ids(&self) -> &BTreeSet<GroupId> {
        &self.ids
    }

    /// The first bad element: a group that `exists` denies, or the malformed one behind.
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
