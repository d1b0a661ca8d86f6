//! How MariaDB stores each kind of value.

use sqlx::{mysql::MySqlRow, types::chrono::NaiveDateTime};
use userbook::Timestamp;
use uuid::Uuid;

use crate::decode::{DecodeError, Decoded, RowExt, get};

impl RowExt for MySqlRow {
    /// Checks bytes, because usernames are stored as bytes.
    fn text_ref(&self, column: &'static str) -> Decoded<Option<&str>> {
        let bytes: Option<&[u8]> = get(self, column)?;
        bytes.map(str::from_utf8).transpose().map_err(|error| DecodeError::new(column, error))
    }

    fn integer(&self, column: &'static str) -> Decoded<Option<i64>> {
        get(self, column)
    }

    fn bytes(&self, column: &'static str) -> Decoded<Option<Vec<u8>>> {
        get(self, column)
    }

    fn uuid(&self, column: &'static str) -> Decoded<Option<Uuid>> {
        get(self, column)
    }

    fn time(&self, column: &'static str) -> Decoded<Option<Timestamp>> {
        Ok(get::<_, NaiveDateTime>(self, column)?.map(|time| time.and_utc()))
    }
}
