//! Conditions for the users of a scope.

use userbook::store::UserSet;

use super::ListStatement;
use crate::backend::Backend;

/// The number of conditions in one pair of parentheses: SQLite limits the depth of an expression.
const CHUNK: usize = 100;

/// Adds the condition on a user `u` that the planner checks for each row.
pub(super) fn push_condition<B: Backend>(statement: &mut ListStatement, set: &UserSet) {
    let mut link = "(";
    if !set.ids.is_empty() {
        statement.push(link).push("u.id");
        B::in_users(statement, set.ids.iter().map(|user| user.0).collect());
        link = " OR ";
    }
    if !set.paths.is_empty() {
        push_paths::<B>(statement.push(link), set);
        link = " OR ";
    }
    if !set.groups.is_empty() {
        statement.push(link);
        statement
            .push("EXISTS (SELECT 1 FROM userbook_membership AS s WHERE s.user_id = u.id AND s.group_id");
        B::in_groups(statement, set.groups.iter().map(|group| group.0).collect());
        statement.push(")");
    }
    statement.push(")");
}

/// Adds a query for the ids of the users, which finds each part of the set by an index.
pub(super) fn push_ids<B: Backend>(statement: &mut ListStatement, set: &UserSet) {
    let mut link = "";
    if !set.ids.is_empty() {
        statement.push("SELECT u.id AS user_id FROM userbook_user AS u WHERE u.id");
        B::in_users(statement, set.ids.iter().map(|user| user.0).collect());
        link = " UNION ";
    }
    if !set.paths.is_empty() {
        statement.push(link).push("SELECT u.id AS user_id FROM userbook_user AS u WHERE ");
        push_paths::<B>(statement, set);
        link = " UNION ";
    }
    if !set.groups.is_empty() {
        B::members(statement.push(link), set.groups.iter().map(|group| group.0).collect());
    }
}

/// Adds the condition that the path of `u` is one of the paths or below one of them.
fn push_paths<B: Backend>(statement: &mut ListStatement, set: &UserSet) {
    for (n, path) in set.paths.iter().enumerate() {
        statement.push(match n {
            0 => "((",
            _ if n % CHUNK == 0 => ") OR (",
            _ => " OR ",
        });
        statement.push("(");
        B::is(statement, "path", path);
        statement.push(")");
        if !path.is_empty() {
            statement.push(" OR (");
            B::begins(statement, "path", &format!("{path}/"));
            statement.push(")");
        }
    }
    statement.push("))");
}
