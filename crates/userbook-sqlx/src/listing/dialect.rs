//! How a database expresses the conditions of a list.

use super::ListStatement;

/// What differs between databases. Each method adds one condition, without `AND`.
pub trait Dialect {
    /// The condition that `g` has the flag.
    const IS_SUPERUSER: &'static str;

    /// The text before a column of the order that keeps the planner from reading rows in this order, where the planner
    /// prefers that to a range of another index.
    const SORTED: &'static str = "";

    /// The text around a query for ids, after a column that must be one of them. The planner must run the query first
    /// and once, because the query is cheap.
    const IN_SUBQUERY: [&'static str; 2];

    /// The text around a query for ids of groups that selects their members, `m.user_id`.
    const MEMBERS_OF: [&'static str; 2] =
        ["SELECT m.user_id FROM (", ") AS g JOIN userbook_membership AS m ON m.group_id = g.id"];

    /// The text around a query for ids of users that joins them before the users, where the planner needs help.
    /// `None`: [`IN_SUBQUERY`](Self::IN_SUBQUERY) is enough.
    const DRIVING_SUBQUERY: Option<[&'static str; 2]> = None;

    /// The `column` of a user equals this text. The condition uses the index of the column.
    fn is(statement: &mut ListStatement, column: &'static str, text: &str);

    /// The `column` of a user begins with this text. The condition uses the index of the column.
    fn begins(statement: &mut ListStatement, column: &'static str, prefix: &str);

    /// The column before is one of these.
    fn in_users(statement: &mut ListStatement, users: Vec<i64>);

    /// The column before is one of these.
    fn in_groups(statement: &mut ListStatement, groups: Vec<uuid::Uuid>);

    /// A query for the members of these groups.
    fn members(statement: &mut ListStatement, groups: Vec<uuid::Uuid>) {
        statement.push("SELECT m.user_id FROM userbook_membership AS m WHERE m.group_id");
        Self::in_groups(statement, groups);
    }

    /// A query for the groups of these users.
    fn memberships(statement: &mut ListStatement, users: Vec<i64>) {
        statement.push("SELECT m.group_id FROM userbook_membership AS m WHERE m.user_id");
        Self::in_users(statement, users);
    }

    /// `g` has one of these names. The condition uses the index of names.
    fn named<'n>(statement: &mut ListStatement, names: impl IntoIterator<Item = &'n str>);

    /// A text column in the order of code points.
    fn key(column: &'static str) -> [&'static str; 3];
}

/// The smallest text that is greater than all texts with this prefix, by code point. `None`: there is no such text.
pub(crate) fn after_all_that_begin(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // The range skips the surrogates, which lie between U+D7FF and U+E000.
        if let Some(next) = (last..=char::MAX).nth(1) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_after_all_that_begin_so() {
        for (prefix, expected) in [
            ("", None),
            ("a", Some("b")),
            ("users/", Some("users0")),
            ("a\u{d7ff}", Some("a\u{e000}")),
            ("a\u{10ffff}\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
        ] {
            let after = after_all_that_begin(prefix);
            assert_eq!(after.as_deref(), expected, "{prefix:?}");
            for longer in ["", "\0", "/x", "\u{10ffff}"].map(|end| format!("{prefix}{end}")) {
                assert!(*longer >= *prefix && after.as_ref().is_none_or(|after| longer < *after));
            }
        }
    }
}
