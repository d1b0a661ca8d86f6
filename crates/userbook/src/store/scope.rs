//! Which rows a caller may see.

use std::collections::BTreeSet;

/// Which rows of a list a caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope<I> {
    /// All rows.
    Everything,
    /// The rows with these keys, as far as they exist.
    Only(BTreeSet<I>),
    /// No row, and the caller is denied.
    Nothing,
}

impl<I: Ord> Scope<I> {
    /// Whether the row with this key may be seen.
    pub fn contains(&self, id: &I) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(some) => some.contains(id),
            Self::Nothing => false,
        }
    }
}
