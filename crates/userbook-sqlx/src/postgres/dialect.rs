//! How PostgreSQL says what a listing asks for.

use uuid::Uuid;

use super::sql;
use crate::listing::{Dialect, SearchColumn, Statement, Value, after_all_that_begin};

/// How many characters of a text are in its index.
const INDEXED: usize = 256;

pub(super) struct PostgresDialect;

fn beginning(text: &str) -> String {
    text.chars().take(INDEXED).collect()
}

/// What the index holds of a column.
fn indexed<'s>(statement: &'s mut Statement, column: &'static str) -> &'s mut Statement {
    statement.push("left(u.").push(column).push(", 256) COLLATE \"C\"")
}

impl Dialect for PostgresDialect {
    const NUMBERED: bool = true;
    const COUNT_USERS: &'static str = sql::COUNT_USERS;
    const COUNT_GROUPS: &'static str = sql::COUNT_GROUPS;
    const LIST_USERS: &'static str = sql::LIST_USERS;
    const LIST_GROUPS: &'static str = sql::LIST_GROUPS;
    const IN_SUBQUERY: [&'static str; 2] = [" = ANY (ARRAY(", "))"];
    /// OFFSET 0 keeps the planner from reading all memberships for the sake of a few groups.
    const MEMBERS_OF: [&'static str; 2] = [
        "SELECT m.user_id FROM (",
        ") AS g CROSS JOIN LATERAL (SELECT user_id FROM userbook_membership WHERE group_id = g.id OFFSET 0) AS m",
    ];
    const IS_SUPERUSER: &'static str = "g.is_superuser";

    fn is(statement: &mut Statement, column: &'static str, text: &str) {
        indexed(statement, column).push(" = ").bind(Value::Text(beginning(text)));
        statement.push(" AND u.").push(column).push(" = ").bind(Value::Text(text.to_owned()));
    }

    fn begins(statement: &mut Statement, column: &'static str, prefix: &str) {
        let beginning = beginning(prefix);
        if let Some(end) = after_all_that_begin(&beginning) {
            indexed(statement, column).push(" < ").bind(Value::Text(end)).push(" AND ");
        }
        indexed(statement, column).push(" >= ").bind(Value::Text(beginning));
        statement.push(" AND starts_with(u.").push(column).push(", ").bind(Value::Text(prefix.to_owned()));
        statement.push(")");
    }

    /// In the collation "C" `lower` knows ASCII only.
    fn contains(statement: &mut Statement, text: SearchColumn, word: &str) {
        match text {
            SearchColumn::Username => statement.push("strpos(lower(u.username"),
            SearchColumn::Column(column) => statement.push("strpos(lower(").push(column),
            SearchColumn::Uuid(column) => statement.push("strpos(lower(").push(column).push("::text"),
        };
        statement.push(" COLLATE \"C\"), ").bind(Value::Text(word.to_owned())).push(") > 0");
    }

    fn in_users(statement: &mut Statement, users: Vec<i64>) {
        statement.push(" = ANY (").bind(Value::Users(users)).push(")");
    }

    fn in_groups(statement: &mut Statement, groups: Vec<Uuid>) {
        statement.push(" = ANY (").bind(Value::Groups(groups)).push(")");
    }

    fn named<'n>(statement: &mut Statement, names: impl IntoIterator<Item = &'n str>) {
        let names = names.into_iter().map(|name| Value::Text(name.to_owned()));
        statement.push("g.name IN (").bind_all(names).push(")");
    }

    fn key(column: &'static str) -> [&'static str; 3] {
        ["", column, " COLLATE \"C\""]
    }
}
