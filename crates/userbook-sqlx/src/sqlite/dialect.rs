//! Conditions of lists on SQLite.

use sqlx::Sqlite;
use uuid::Uuid;

use crate::{
    listing::{Dialect, ListStatement, after_all_that_begin},
    value::Value,
};

impl Dialect for Sqlite {
    const IN_SUBQUERY: [&'static str; 2] = [" IN (", ")"];
    const SORTED: &'static str = "+";
    const IS_SUPERUSER: &'static str = "g.is_superuser = 1";

    fn is(statement: &mut ListStatement, column: &'static str, text: &str) {
        statement.push("u.").push(column).push(" = ").bind(text.to_owned());
    }

    fn begins(statement: &mut ListStatement, column: &'static str, prefix: &str) {
        statement.push("u.").push(column).push(" >= ").bind(prefix.to_owned());
        if let Some(end) = after_all_that_begin(prefix) {
            statement.push(" AND u.").push(column).push(" < ").bind(end);
        }
    }

    fn in_users(statement: &mut ListStatement, users: Vec<i64>) {
        statement.push(" IN (SELECT value FROM json_each(").bind(Value::Integers(users)).push("))");
    }

    fn in_groups(statement: &mut ListStatement, groups: Vec<Uuid>) {
        statement.push(" IN (SELECT unhex(value) FROM json_each(").bind(Value::Uuids(groups)).push("))");
    }

    fn named<'n>(statement: &mut ListStatement, names: impl IntoIterator<Item = &'n str>) {
        let names = names.into_iter().map(|name| Value::from(name.to_owned()));
        statement.push("g.name IN (").bind_all(names).push(")");
    }

    fn key(column: &'static str) -> [&'static str; 3] {
        ["", column, ""]
    }
}

#[cfg(test)]
mod tests;
