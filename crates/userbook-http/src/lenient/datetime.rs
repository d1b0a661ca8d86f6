//! Times in the accepted forms.
//!
//! The recorded release first parses ISO 8601 and then its own form, [`relaxed`], which accepts one-digit numbers and
//! blanks before the offset. A missing offset means UTC.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};

use super::{
    iso8601::{self, Written},
    reader::Reader,
};

/// The reasons why a text is not a valid time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateTimeFault {
    /// The form is unknown, or the date or time does not exist.
    WrongFormat,
    /// The time in UTC is outside the years 1 to 9999.
    OutOfRange,
}

/// The years of storable times.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// Parses a time, truncated to microseconds.
pub(crate) fn parse_datetime(text: &str) -> Result<DateTime<Utc>, DateTimeFault> {
    let (local, offset) = iso8601::read(text)
        .or_else(|| relaxed(text))
        .filter(|(local, _)| YEARS.contains(&local.year()))
        .ok_or(DateTimeFault::WrongFormat)?;
    local
        .checked_sub_offset(offset)
        .filter(|utc| YEARS.contains(&utc.year()))
        .map(|utc| utc.and_utc())
        .ok_or(DateTimeFault::OutOfRange)
}

/// Parses `YYYY-M-D[T ]h:m[:s[.f…]]`, optional blanks, and an optional offset.
fn relaxed(text: &str) -> Option<Written> {
    let mut reader = Reader(text);
    let year = i32::try_from(reader.number(4, 4)?).ok()?;
    reader.take(&['-'])?;
    let month = reader.number(1, 2)?;
    reader.take(&['-'])?;
    let date = NaiveDate::from_ymd_opt(year, month, reader.number(1, 2)?)?;

    reader.take(&['T', ' '])?;
    let hour = reader.number(1, 2)?;
    reader.take(&[':'])?;
    let minute = reader.number(1, 2)?;
    let (second, microsecond) = match reader.take(&[':']) {
        None => (0, 0),
        Some(_) => (reader.number(1, 2)?, reader.microseconds()?),
    };
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, microsecond)?;

    let offset = iso8601::offset(&mut reader)?;
    reader.is_empty().then_some((date.and_time(time), offset))
}

#[cfg(test)]
mod tests;
