//! How a database says what a listing asks for.

use super::ListStatement;

/// A text to be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchColumn {
    /// `u.username`
    Username,
    /// Another column that holds text.
    Column(&'static str),
    /// A column that holds a UUID.
    Uuid(&'static str),
}

/// What differs from database to database. Each method says one condition, without `AND`.
pub trait Dialect {
    /// The condition that `g` has the flag.
    const IS_SUPERUSER: &'static str;

    /// What goes around a query for ids to say that what goes before is one of them, and that the query is run first,
    /// once: it is cheap, whatever the planner thinks.
    const IN_SUBQUERY: [&'static str; 2];

    /// What goes around a query for ids of groups to select their members, `m.user_id`.
    const MEMBERS_OF: [&'static str; 2] =
        ["SELECT m.user_id FROM (", ") AS g JOIN userbook_membership AS m ON m.group_id = g.id"];

    /// What goes around a query for ids of users to join them before the users themselves, where the planner needs
    /// help; `None`: [`IN_SUBQUERY`](Self::IN_SUBQUERY) is enough.
    const DRIVING_SUBQUERY: Option<[&'static str; 2]> = None;

    /// The `column` of a user is exactly this text, and the index on it tells.
    fn is(statement: &mut ListStatement, column: &'static str, text: &str);

    /// The `column` of a user begins with this text, and the index on it tells.
    fn begins(statement: &mut ListStatement, column: &'static str, prefix: &str);

    /// The text contains this word, which has no capital letter of ASCII, if those of the text are taken for small
    /// ones. No other letters are taken for one another.
    fn contains(statement: &mut ListStatement, text: SearchColumn, word: &str);

    /// What goes before is one of these.
    fn in_users(statement: &mut ListStatement, users: Vec<i64>);

    /// What goes before is one of these.
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

    /// `g` has one of these names, and the index on them tells.
    fn named<'n>(statement: &mut ListStatement, names: impl IntoIterator<Item = &'n str>);

    /// A text column in the order of code points.
    fn key(column: &'static str) -> [&'static str; 3];
}

/// The least text that is greater than all texts that begin so, by code point; `None`: there is none.
pub(crate) fn after_all_that_begin(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // The range knows that no character lies between U+D7FF and U+E000.
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
