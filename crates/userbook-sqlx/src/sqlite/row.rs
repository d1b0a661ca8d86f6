//! How SQLite stores each kind of value.

use sqlx::sqlite::SqliteRow;
use userbook::Timestamp;
use uuid::Uuid;

use crate::decode::{DecodeError, Decoded, RowExt, get};

impl RowExt for SqliteRow {
    fn text_ref(&self, column: &'static str) -> Decoded<Option<&str>> {
        get(self, column)
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
        let Some(micros) = self.integer(column)? else { return Ok(None) };
        let time = Timestamp::from_timestamp_micros(micros);
        let error = || DecodeError::new(column, format!("time is out of range (got {micros} microseconds)"));
        time.map(Some).ok_or_else(error)
    }
}
