//! MariaDB as a [`Driver`].

use sqlx::{Arguments, MySql, error::BoxDynError, mysql::MySqlArguments};

use super::sql;
use crate::{
    driver::{Driver, forward_to_sqlx},
    statement::Placeholders,
    statements::Statements,
    value::{Value, json_integers, json_uuids},
};

impl Driver for MySql {
    const PLACEHOLDERS: Placeholders = Placeholders::Positional;

    forward_to_sqlx!();

    fn statements() -> &'static Statements {
        &sql::STATEMENTS
    }

    fn bind(arguments: &mut MySqlArguments, value: &Value<'_>) -> Result<(), BoxDynError> {
        match value {
            Value::Text(text) => arguments.add(text.as_deref()),
            Value::Username(name) => arguments.add(name.as_deref().map(str::as_bytes)),
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
            Value::Flag(flag) => arguments.add(*flag),
            Value::Integer(integer) => arguments.add(*integer),
            Value::Uuid(uuid) => arguments.add(*uuid),
            Value::Time(time) => arguments.add(time.map(|time| time.naive_utc())),
            Value::Integers(integers) => arguments.add(json_integers(integers)),
            Value::Uuids(ids) => arguments.add(json_uuids(ids)),
            Value::Column(_) => Err("MariaDB takes rows as JSON".into()),
        }
    }
}
