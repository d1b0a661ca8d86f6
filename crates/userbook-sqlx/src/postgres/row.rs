//! How PostgreSQL stores each kind of value.

use sqlx::{Row, postgres::PgRow};
use userbook::Timestamp;
use uuid::Uuid;

use crate::decode::{DecodeError, Decoded, RowExt, get};

/// 2000-01-01, from which PostgreSQL counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

impl RowExt for PgRow {
    fn text_ref(&self, column: &'static str) -> Decoded<Option<&str>> {
        get(self, column)
    }

    fn integer(&self, column: &'static str) -> Decoded<Option<i64>> {
        get(self, column)
    }

    fn flag(&self, column: &'static str) -> Decoded<Option<bool>> {
        get(self, column)
    }

    fn bytes(&self, column: &'static str) -> Decoded<Option<Vec<u8>>> {
        get(self, column)
    }

    fn uuid(&self, column: &'static str) -> Decoded<Option<Uuid>> {
        get(self, column)
    }

    /// Reads the number of microseconds on the wire: sqlx panics on times beyond chrono's range, such as `infinity`.
    fn time(&self, column: &'static str) -> Decoded<Option<Timestamp>> {
        let micros = self.try_get_unchecked(column).map_err(|error| DecodeError::new(column, error))?;
        let Some(micros) = micros else { return Ok(None) };
        let time = EPOCH.checked_add(micros).and_then(Timestamp::from_timestamp_micros);
        let error = || DecodeError::new(column, format!("time is out of range (got {micros} microseconds)"));
        time.map(Some).ok_or_else(error)
    }
}
