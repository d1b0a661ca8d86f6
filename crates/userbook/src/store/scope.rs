//! The rows that a caller may view.

use std::collections::BTreeSet;

/// The rows of a list that a caller may view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope<I> {
    /// All rows.
    Everything,
    /// The rows with these keys, if they exist.
    Only(BTreeSet<I>),
    /// No row, and the caller is denied.
    Nothing,
}

impl<I: Ord> Scope<I> {
    /// Returns whether the row with this key is visible.
    pub fn contains(&self, id: &I) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(some) => some.contains(id),
            Self::Nothing => false,
        }
    }
}
