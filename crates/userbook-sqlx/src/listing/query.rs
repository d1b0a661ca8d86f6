//! The common part of listing users and listing groups.

use serde_json::Value as Json;
use userbook::{JsonObject, Order, Scope};

use super::ListStatement;
use crate::{
    backend::Backend,
    decode::{Decoded, RowExt},
    statement::Statement,
};

/// What to select of the rows that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projection {
    /// The ids of one page, in order.
    Page,
    /// How many there are.
    Count,
    /// All ids in order, with attributes.
    Documents,
}

/// A query for users, or for groups.
pub(crate) trait Query: Sync {
    type Id: Copy + Ord + Send;

    /// Whether all rows match.
    fn is_whole(&self) -> bool;
    /// Whether no row may be seen.
    fn is_void(&self) -> bool;
    /// The statement that counts all rows.
    fn count_whole<B: Backend>() -> &'static Statement;
    /// The statement that finds the rows that match, attributes aside.
    fn statement<B: Backend>(&self, what: Projection) -> ListStatement;
    /// The id in a row of [`Projection::Page`] or [`Projection::Documents`].
    fn id<R: RowExt>(row: &R) -> Decoded<Self::Id>;
    /// What attributes must contain.
    fn part(&self) -> Option<Json>;
    fn offset(&self) -> u64;
    fn limit(&self) -> u32;
}

/// The methods that both kinds of query implement in the same way.
macro_rules! shared_query_methods {
    () => {
        fn is_whole(&self) -> bool {
            self.scope == userbook::Scope::Everything && self.filter == Default::default()
        }

        fn is_void(&self) -> bool {
            $crate::listing::query::is_void(&self.scope)
        }

        fn part(&self) -> Option<serde_json::Value> {
            $crate::listing::query::part(self.filter.attributes.as_ref())
        }

        fn offset(&self) -> u64 {
            self.offset
        }

        fn limit(&self) -> u32 {
            self.limit
        }
    };
}
pub(super) use shared_query_methods;

pub(super) fn is_void<I>(scope: &Scope<I>) -> bool {
    match scope {
        Scope::Everything => false,
        Scope::Only(some) => some.is_empty(),
        Scope::Nothing => true,
    }
}

pub(super) fn part(attributes: Option<&JsonObject>) -> Option<Json> {
    attributes.cloned().map(Json::Object)
}

/// Ends a statement for one page.
pub(super) fn push_limit_offset(statement: &mut ListStatement, offset: u64, limit: u32) {
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    statement.push("\nLIMIT ").bind(i64::from(limit));
    statement.push(" OFFSET ").bind(offset);
}

/// Adds an order by these keys, each of which may consist of several pieces of text. It ends with the first column
/// that is unique, at the latest with the id: what comes after would decide nothing, and keep indexes from being
/// used.
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

/// Adds a condition for each word of a search: it stands in one of the texts.
pub(super) fn search<B: Backend>(
    statement: &mut ListStatement,
    words: &[String],
    texts: &[super::SearchColumn],
) {
    // The empty word stands everywhere.
    for word in words.iter().filter(|word| !word.is_empty()) {
        let word = word.to_ascii_lowercase();
        statement.condition().push("(");
        for (n, text) in texts.iter().enumerate() {
            if n > 0 {
                statement.push(" OR ");
            }
            B::contains(statement, *text, &word);
        }
        statement.push(")");
    }
}
