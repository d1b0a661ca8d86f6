//! How SQLite says what a listing asks for.

use uuid::Uuid;

use super::sql;
use crate::listing::{Dialect, SearchColumn, Statement, Value, after_all_that_begin};

pub(super) struct SqliteDialect;

impl Dialect for SqliteDialect {
    const NUMBERED: bool = false;
    const COUNT_USERS: &'static str = sql::COUNT_USERS;
    const COUNT_GROUPS: &'static str = sql::COUNT_GROUPS;
    const LIST_USERS: &'static str = sql::LIST_USERS;
    const LIST_GROUPS: &'static str = sql::LIST_GROUPS;
    const IN_SUBQUERY: [&'static str; 2] = [" IN (", ")"];
    const IS_SUPERUSER: &'static str = "g.is_superuser = 1";

    fn is(statement: &mut Statement, column: &'static str, text: &str) {
        statement.push("u.").push(column).push(" = ").bind(Value::Text(text.to_owned()));
    }

    fn begins(statement: &mut Statement, column: &'static str, prefix: &str) {
        statement.push("u.").push(column).push(" >= ").bind(Value::Text(prefix.to_owned()));
        if let Some(end) = after_all_that_begin(prefix) {
            statement.push(" AND u.").push(column).push(" < ").bind(Value::Text(end));
        }
    }

    /// SQLite's `lower` knows ASCII only.
    fn contains(statement: &mut Statement, text: SearchColumn, word: &str) {
        match text {
            SearchColumn::Username => statement.push("instr(lower(u.username), "),
            SearchColumn::Column(column) => statement.push("instr(lower(").push(column).push("), "),
            SearchColumn::Uuid(column) => {
                statement.push("instr(lower(");
                for (n, part) in ["1, 8", "9, 4", "13, 4", "17, 4", "21"].into_iter().enumerate() {
                    statement.push(if n > 0 { " || '-' || substr(hex(" } else { "substr(hex(" });
                    statement.push(column).push("), ").push(part).push(")");
                }
                statement.push("), ")
            }
        };
        statement.bind(Value::Text(word.to_owned())).push(") > 0");
    }

    fn in_users(statement: &mut Statement, users: Vec<i64>) {
        statement.push(" IN (SELECT value FROM json_each(").bind(Value::Users(users)).push("))");
    }

    fn in_groups(statement: &mut Statement, groups: Vec<Uuid>) {
        statement.push(" IN (SELECT unhex(value) FROM json_each(").bind(Value::Groups(groups)).push("))");
    }

    fn named<'n>(statement: &mut Statement, names: impl IntoIterator<Item = &'n str>) {
        let names = names.into_iter().map(|name| Value::Text(name.to_owned()));
        statement.push("g.name IN (").bind_all(names).push(")");
    }

    fn key(column: &'static str) -> [&'static str; 3] {
        ["", column, ""]
    }
}
