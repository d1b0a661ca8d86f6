//! How MariaDB keeps each kind of value.

use sqlx::{Decode, MySql, Row, Type, mysql::MySqlRow, types::chrono::NaiveDateTime};
use userbook::Timestamp;
use uuid::Uuid;

use crate::decode::{DecodeError, Decoded, RowExt};

fn get<'r, T>(row: &'r MySqlRow, column: &'static str) -> Decoded<Option<T>>
where
    T: Decode<'r, MySql> + Type<MySql>,
{
    row.try_get(column).map_err(|error| DecodeError::new(column, error))
}

impl RowExt for MySqlRow {
    /// As bytes: user names are kept as such, and of what was said to be text this looks itself whether it is.
    fn text(&self, column: &'static str) -> Decoded<Option<String>> {
        get::<Vec<u8>>(self, column)?
            .map(String::from_utf8)
            .transpose()
            .map_err(|error| DecodeError::new(column, error))
    }

    fn text_len(&self, column: &'static str) -> Decoded<usize> {
        Ok(get::<&[u8]>(self, column)?.map_or(0, <[u8]>::len))
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
        Ok(get::<NaiveDateTime>(self, column)?.map(|time| time.and_utc()))
    }
}
