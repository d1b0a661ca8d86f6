//! The common part of lists of users and of groups.

use userbook::store::{ContentFilter, ExternalIdFilter, Order, Scope, Scoped};

use super::ListStatement;
use crate::{
    backend::Backend,
    decode::{Decoded, RowExt},
    statement::Statement,
    value::Value,
};

/// What to select of the matching rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projection {
    /// The ids of one page, in order.
    Page,
    /// The number of rows.
    Count,
    /// All ids in order, with everything that a [`ContentFilter`] needs.
    Content,
}

/// What all queries have in common.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Whether all rows match.
    pub(crate) is_whole: bool,
    /// Whether no row may be seen.
    pub(crate) is_void: bool,
    /// The words and attributes of the filter.
    pub(crate) content: Option<ContentFilter>,
    pub(crate) offset: u64,
    pub(crate) limit: u32,
}

impl Selection {
    pub(super) fn new<I: Scoped, F: PartialEq + Default>(
        (scope, filter): (&Scope<I>, &F),
        content: Option<ContentFilter>,
        (offset, limit): (u64, u32),
    ) -> Self {
        let is_whole = matches!(scope, Scope::Everything) && *filter == F::default();
        Self { is_whole, is_void: is_void(scope), content, offset, limit }
    }
}

/// Whether no row may be seen.
pub(super) fn is_void<I: Scoped>(scope: &Scope<I>) -> bool {
    match scope {
        Scope::Everything => false,
        Scope::Only(some) => I::is_empty(some),
        Scope::Nothing => true,
    }
}

/// A query for users or for groups.
pub(crate) trait Query: Sync {
    type Id: Copy + Ord + Send;

    fn selection(&self) -> Selection;
    /// The statement that counts all rows.
    fn count_whole() -> &'static Statement;
    /// The statement that finds the rows that match, words and attributes aside.
    fn statement<B: Backend>(&self, what: Projection) -> ListStatement;
    /// The id in a row of [`Projection::Page`] or [`Projection::Content`].
    fn id<R: RowExt>(row: &R) -> Decoded<Self::Id>;
    /// Whether the words and attributes match in a row of [`Projection::Content`], and the bytes to read for it.
    fn matches<R: RowExt>(row: &R, content: &ContentFilter) -> Decoded<(bool, usize)>;
}

/// Adds the condition on a row `x` of external ids.
pub(super) fn push_external_id(statement: &mut ListStatement, filter: &ExternalIdFilter) {
    statement.push("x.source = ").bind(filter.source.to_string());
    if let Some(identifier) = &filter.identifier {
        statement.push(" AND x.identifier = ").bind(Value::Username(Some(identifier.clone().into())));
    }
}

/// Ends a statement for one page.
pub(super) fn push_limit_offset(statement: &mut ListStatement, offset: u64, limit: u32) {
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    statement.push("\nLIMIT ").bind(i64::from(limit));
    statement.push(" OFFSET ").bind(offset);
}

/// Adds an order by these keys. A key may consist of several pieces of text. The order ends with the first unique
/// column, at the latest with the id: further columns decide nothing, and prevent the use of indexes.
pub(super) fn order<C: Copy>(
    statement: &mut ListStatement,
    columns: &[Order<C>],
    id: &'static str,
    is_unique: impl Fn(C) -> bool,
    keys: impl Fn(C) -> Vec<[&'static str; 3]>,
) {
    statement.push("\nORDER BY ");
    for order in columns {
        let mut keys = keys(order.column).into_iter().peekable();
        while let Some(key) = keys.next() {
            for piece in key {
                statement.push(piece);
            }
            if order.descending {
                statement.push(" DESC");
            }
            if keys.peek().is_some() {
                statement.push(", ");
            }
        }
        if is_unique(order.column) {
            return;
        }
        statement.push(", ");
    }
    statement.push(id);
}
