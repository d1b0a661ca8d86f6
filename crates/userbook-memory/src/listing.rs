//! What listing users and listing groups have in common.

use std::{cmp::Ordering, collections::BTreeSet};

use userbook::{Order, Scope};

/// The rows of one page and how many there are on all pages; rows that are not `sorted` yet are put in order first.
pub(crate) fn page<T>(
    mut rows: Vec<T>,
    sorted: bool,
    compare: impl Fn(&T, &T) -> Ordering,
    offset: u64,
    limit: u32,
) -> (Vec<T>, u64) {
    if !sorted {
        rows.sort_by(compare);
    }
    let count = rows.len() as u64;
    (cut(rows.into_iter(), offset, limit).collect(), count)
}

/// The part of a list that is one page.
pub(crate) fn cut<I: Iterator>(rows: I, offset: u64, limit: u32) -> impl Iterator<Item = I::Item> {
    rows.skip(usize::try_from(offset).unwrap_or(usize::MAX))
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// The first column that tells two rows apart decides.
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

pub(crate) fn is_within<I: Ord>(scope: &Scope<I>, id: &I) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Only(some) => some.contains(id),
        Scope::Nothing => false,
    }
}

/// The words of a search as they are looked for.
pub(crate) fn words(search: &[String]) -> Vec<String> {
    search.iter().map(|word| word.to_ascii_lowercase()).collect()
}

/// Whether each of the words stands in one of the texts.
pub(crate) fn holds_words(words: &[String], texts: &[&str]) -> bool {
    if words.is_empty() {
        return true;
    }
    let texts: Vec<String> = texts.iter().map(|text| text.to_ascii_lowercase()).collect();
    words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
}

/// Whether nothing is asked for, or one of those asked for is there.
pub(crate) fn any_of<T: Ord>(asked: &BTreeSet<T>, has: impl FnOnce(&BTreeSet<T>) -> bool) -> bool {
    asked.is_empty() || has(asked)
}
