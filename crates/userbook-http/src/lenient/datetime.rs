//! Moments as clients write them.
//!
//! The recorded release reads ISO 8601 first and falls back to a form of its own, [`relaxed`], which takes
//! numbers of one digit and blanks before the offset. No offset is UTC.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};

use super::{
    iso8601::{self, Written},
    reader::Reader,
};

/// Why a text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateTimeFault {
    /// It has another form, or names a day or a time that does not exist.
    WrongFormat,
    /// In UTC it is not within the years 1 to 9999.
    OutOfRange,
}

/// The years that a stored moment can have.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// The moment that `text` names, cut to microseconds.
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

/// `YYYY-M-D[T ]h:m[:s[.f…]]`, blanks, and an offset or nothing.
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
