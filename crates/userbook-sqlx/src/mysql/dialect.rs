//! Conditions of lists on MariaDB.

use sha2::{Digest, Sha256};
use sqlx::MySql;
use uuid::Uuid;

use crate::{
    listing::{Dialect, ListStatement},
    value::Value,
};

impl Dialect for MySql {
    const IN_SUBQUERY: [&'static str; 2] = [" IN (", ")"];
    /// Without help the planner reads all users in the order of the query.
    const DRIVING_SUBQUERY: Option<[&'static str; 2]> = Some([
        "(SELECT DISTINCT member.user_id FROM (",
        ") AS member) AS picked STRAIGHT_JOIN userbook_user AS u ON u.id = picked.user_id",
    ]);
    const IS_SUPERUSER: &'static str = "g.is_superuser = 1";

    /// In the collation `'bob '` equals `'bob'`: the index finds candidates, the bytes decide.
    fn is(statement: &mut ListStatement, column: &'static str, text: &str) {
        statement.push("u.").push(column).push(" = ").bind(text.to_owned());
        statement.push(" AND CAST(u.").push(column).push(" AS BINARY) = ");
        statement.bind(Value::Bytes(text.as_bytes().to_vec()));
    }

    /// `LIKE` compares all characters, also trailing spaces.
    fn begins(statement: &mut ListStatement, column: &'static str, prefix: &str) {
        let mut pattern = String::with_capacity(prefix.len() + 1);
        for character in prefix.chars() {
            if matches!(character, '!' | '%' | '_') {
                pattern.push('!');
            }
            pattern.push(character);
        }
        pattern.push('%');
        statement.push("u.").push(column).push(" LIKE ").bind(pattern).push(" ESCAPE '!'");
    }

    fn in_users(statement: &mut ListStatement, users: Vec<i64>) {
        statement.push(" IN (SELECT j.id FROM JSON_TABLE(").bind(Value::Integers(users));
        statement.push(", '$[*]' COLUMNS (id BIGINT PATH '$')) AS j)");
    }

    fn in_groups(statement: &mut ListStatement, groups: Vec<Uuid>) {
        statement.push(" IN (SELECT UNHEX(j.id) FROM JSON_TABLE(").bind(Value::Uuids(groups));
        statement.push(", '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS j)");
    }

    fn members(statement: &mut ListStatement, groups: Vec<Uuid>) {
        statement.push("SELECT m.user_id FROM JSON_TABLE(").bind(Value::Uuids(groups));
        statement.push(
            ", '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS j \
             STRAIGHT_JOIN userbook_membership AS m ON m.group_id = UNHEX(j.id)",
        );
    }

    fn memberships(statement: &mut ListStatement, users: Vec<i64>) {
        statement.push("SELECT m.group_id FROM JSON_TABLE(").bind(Value::Integers(users));
        statement.push(
            ", '$[*]' COLUMNS (id BIGINT PATH '$')) AS j \
             STRAIGHT_JOIN userbook_membership AS m ON m.user_id = j.id",
        );
    }

    /// Compares the digests of the names, which the index contains.
    fn named<'n>(statement: &mut ListStatement, names: impl IntoIterator<Item = &'n str>) {
        let digests = names.into_iter().map(|name| Value::Bytes(Sha256::digest(name).to_vec()));
        statement.push("g.name_digest IN (").bind_all(digests).push(")");
    }

    fn key(column: &'static str) -> [&'static str; 3] {
        ["CAST(", column, " AS BINARY)"]
    }
}
