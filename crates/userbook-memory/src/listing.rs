//! Code shared by the lists of users and groups.

use std::{cmp::Ordering, collections::BTreeSet};

use userbook::store::Order;

/// Compares by the first column that differs.
pub(crate) fn by<C: Copy, T>(
    order: &[Order<C>],
    left: &T,
    right: &T,
    compare: impl Fn(C, &T, &T) -> Ordering,
) -> Ordering {
    let step = |order: &Order<C>| match compare(order.column, left, right) {
        ordering if order.descending => ordering.reverse(),
        ordering => ordering,
    };
    order.iter().map(step).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

/// Returns whether the filter is empty or contains the value.
pub(crate) fn any_of<T: Ord>(wanted: &BTreeSet<T>, value: &T) -> bool {
    wanted.is_empty() || wanted.contains(value)
}
