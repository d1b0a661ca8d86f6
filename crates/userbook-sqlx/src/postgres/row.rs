//! How PostgreSQL keeps each kind of value.

use sqlx::{Decode, Postgres, Row, Type, postgres::PgRow};
use userbook::Timestamp;
use uuid::Uuid;

use crate::decode::{DecodeError, Decoded, RowExt};

/// 2000-01-01, from which PostgreSQL counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

fn get<'r, T>(row: &'r PgRow, column: &'static str) -> Decoded<Option<T>>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    row.try_get(column).map_err(|error| DecodeError::new(column, error))
}

impl RowExt for PgRow {
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
        get(self, column)
    }

    fn uuid(&self, column: &'static str) -> Decoded<Option<Uuid>> {
        get(self, column)
    }

    /// Reads the number of microseconds that is sent: sqlx panics on moments beyond chrono's range, such as
    /// `infinity`.
    fn time(&self, column: &'static str) -> Decoded<Option<Timestamp>> {
        let micros: Option<i64> =
            self.try_get_unchecked(column).map_err(|error| DecodeError::new(column, error))?;
        let Some(micros) = micros else { return Ok(None) };
        micros.checked_add(EPOCH).and_then(Timestamp::from_timestamp_micros).map(Some).ok_or_else(|| {
            DecodeError::new(column, format!("{micros} microseconds after 2000 are no moment"))
        })
    }
}
