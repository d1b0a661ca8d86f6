//! SQLite as a [`Driver`].

use sqlx::{Arguments, Sqlite, error::BoxDynError, sqlite::SqliteArguments};

use super::sql;
use crate::{
    driver::{Driver, forward_to_sqlx},
    statement::Placeholders,
    statements::Statements,
    value::{Value, json_integers, json_uuids},
};

impl Driver for Sqlite {
    const PLACEHOLDERS: Placeholders = Placeholders::Numbered;

    forward_to_sqlx!();

    fn statements() -> &'static Statements {
        &sql::STATEMENTS
    }

    fn bind(arguments: &mut SqliteArguments, value: &Value<'_>) -> Result<(), BoxDynError> {
        match value {
            Value::Text(text) | Value::Username(text) => arguments.add(text.as_deref()),
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
            Value::Flag(flag) => arguments.add(*flag),
            Value::Integer(integer) => arguments.add(*integer),
            Value::Uuid(uuid) => arguments.add(*uuid),
            Value::Time(time) => arguments.add(time.map(|time| time.timestamp_micros())),
            Value::Integers(integers) => arguments.add(json_integers(integers)),
            Value::Uuids(ids) => arguments.add(json_uuids(ids)),
            Value::Column(_) => Err("SQLite takes rows as JSON".into()),
        }
    }
}
