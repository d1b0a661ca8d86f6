//! How SQLite keeps each kind of value.

use sqlx::{Decode, Row, Sqlite, Type, sqlite::SqliteRow};
use userbook::Timestamp;
use uuid::Uuid;

use crate::decode::{DecodeError, Decoded, RowExt};

fn get<'r, T>(row: &'r SqliteRow, column: &'static str) -> Decoded<Option<T>>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(column).map_err(|error| DecodeError::new(column, error))
}

impl RowExt for SqliteRow {
    fn text(&self, column: &'static str) -> Decoded<Option<String>> {
        get(self, column)
    }

    fn text_len(&self, column: &'static str) -> Decoded<usize> {
        Ok(get::<&str>(self, column)?.map_or(0, str::len))
    }

    fn integer(&self, column: &'static str) -> Decoded<Option<i64>> {
        get(self, column)
    }

    fn flag(&self, column: &'static str) -> Decoded<Option<bool>> {
        match self.integer(column)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(other) => Err(DecodeError::new(column, format!("{other} is neither 0 nor 1"))),
        }
    }

    fn uuid(&self, column: &'static str) -> Decoded<Option<Uuid>> {
        get(self, column)
    }

    fn time(&self, column: &'static str) -> Decoded<Option<Timestamp>> {
        let Some(micros) = self.integer(column)? else { return Ok(None) };
        Timestamp::from_timestamp_micros(micros)
            .map(Some)
            .ok_or_else(|| DecodeError::new(column, format!("{micros} microseconds are no moment")))
    }
}
