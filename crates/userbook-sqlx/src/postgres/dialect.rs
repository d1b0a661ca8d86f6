//! Conditions of lists on PostgreSQL.

use sqlx::Postgres;
use uuid::Uuid;

use crate::{
    listing::{Dialect, ListStatement, after_all_that_begin},
    value::Value,
};

/// The number of characters of a text that its index contains.
const INDEXED: usize = 256;

fn beginning(text: &str) -> String {
    text.chars().take(INDEXED).collect()
}

/// The expression that the index of a column contains.
fn indexed<'s>(statement: &'s mut ListStatement, column: &'static str) -> &'s mut ListStatement {
    statement.push("left(u.").push(column).push(", 256) COLLATE \"C\"")
}

impl Dialect for Postgres {
    const IN_SUBQUERY: [&'static str; 2] = [" = ANY (ARRAY(", "))"];
    /// OFFSET 0 keeps the planner from reading all memberships to find the members of a few groups.
    const MEMBERS_OF: [&'static str; 2] = [
        "SELECT m.user_id FROM (",
        ") AS g CROSS JOIN LATERAL (SELECT user_id FROM userbook_membership WHERE group_id = g.id OFFSET 0) AS m",
    ];
    const IS_SUPERUSER: &'static str = "g.is_superuser";

    fn is(statement: &mut ListStatement, column: &'static str, text: &str) {
        indexed(statement, column).push(" = ").bind(beginning(text));
        statement.push(" AND u.").push(column).push(" = ").bind(text.to_owned());
    }

    fn begins(statement: &mut ListStatement, column: &'static str, prefix: &str) {
        let beginning = beginning(prefix);
        if let Some(end) = after_all_that_begin(&beginning) {
            indexed(statement, column).push(" < ").bind(end).push(" AND ");
        }
        indexed(statement, column).push(" >= ").bind(beginning);
        statement.push(" AND starts_with(u.").push(column).push(", ").bind(prefix.to_owned());
        statement.push(")");
    }

    fn in_users(statement: &mut ListStatement, users: Vec<i64>) {
        statement.push(" = ANY (").bind(Value::Integers(users)).push(")");
    }

    fn in_groups(statement: &mut ListStatement, groups: Vec<Uuid>) {
        statement.push(" = ANY (").bind(Value::Uuids(groups)).push(")");
    }

    fn named<'n>(statement: &mut ListStatement, names: impl IntoIterator<Item = &'n str>) {
        let names = names.into_iter().map(|name| Value::from(name.to_owned()));
        statement.push("g.name IN (").bind_all(names).push(")");
    }

    fn key(column: &'static str) -> [&'static str; 3] {
        ["", column, " COLLATE \"C\""]
    }
}
