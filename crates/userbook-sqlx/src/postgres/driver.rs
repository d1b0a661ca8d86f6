//! PostgreSQL as a [`Driver`].

use sqlx::{Arguments, Postgres, error::BoxDynError, postgres::PgArguments};

use super::sql;
use crate::{
    driver::{Driver, forward_to_sqlx},
    statement::Placeholders,
    statements::Statements,
    value::Value,
};

impl Driver for Postgres {
    const PLACEHOLDERS: Placeholders = Placeholders::Numbered;

    forward_to_sqlx!();

    fn statements() -> &'static Statements {
        &sql::STATEMENTS
    }

    fn bind(arguments: &mut PgArguments, value: &Value<'_>) -> Result<(), BoxDynError> {
        match value {
            Value::Text(text) | Value::Username(text) => arguments.add(text.as_deref()),
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
            Value::Flag(flag) => arguments.add(*flag),
            Value::Integer(integer) => arguments.add(*integer),
            Value::Uuid(uuid) => arguments.add(*uuid),
            Value::Time(time) => arguments.add(*time),
            Value::Integers(integers) => arguments.add(integers.as_slice()),
            Value::Uuids(ids) => arguments.add(ids.as_slice()),
            Value::Column(values) => bind_column(arguments, values),
        }
    }
}

/// Binds an array. All values have the variant of the first one.
fn bind_column(arguments: &mut PgArguments, values: &[Value<'_>]) -> Result<(), BoxDynError> {
    macro_rules! array {
        ($pattern:pat => $value:expr) => {{
            let values = values.iter().map(|value| match value {
                $pattern => $value,
                _ => None,
            });
            arguments.add(values.collect::<Vec<_>>())
        }};
    }
    match values.first() {
        Some(Value::Text(_) | Value::Username(_)) => {
            array!(Value::Text(text) | Value::Username(text) => text.as_deref())
        }
        Some(Value::Flag(_)) => array!(Value::Flag(flag) => *flag),
        Some(Value::Integer(_)) => array!(Value::Integer(integer) => *integer),
        Some(Value::Uuid(_)) => array!(Value::Uuid(uuid) => *uuid),
        Some(Value::Time(_)) => array!(Value::Time(time) => *time),
        _ => Err("a column holds scalar values".into()),
    }
}
