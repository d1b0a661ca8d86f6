//! Times in the accepted forms.
//!
//! The recorded release first parses ISO 8601 and then its own form, [`relaxed`], which accepts one-digit numbers and
//! blanks before the offset. A missing offset means UTC.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

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

/// The most decimals of a second in [`relaxed`] times.
const MAX_DECIMALS: usize = 12;

/// Parses a time, truncated to microseconds.
pub(crate) fn parse_datetime(text: &str) -> Result<DateTime<Utc>, DateTimeFault> {
    let (local, offset) = iso8601::read(text)
        .or_else(|| relaxed(text))
        .filter(|(local, _)| YEARS.contains(&local.year()))
        .ok_or(DateTimeFault::WrongFormat)?;
    local
        .checked_sub_signed(offset)
        .filter(|utc| YEARS.contains(&utc.year()))
        .map(|utc| utc.and_utc())
        .ok_or(DateTimeFault::OutOfRange)
}

/// Parses `YYYY-M-D[T ]h:m[:s[.f…]]` with up to twelve decimals, optional white space, an optional offset of hours and
/// minutes, and an optional line end.
fn relaxed(text: &str) -> Option<Written> {
    let mut reader = Reader(text.strip_suffix('\n').unwrap_or(text));
    let year = i32::try_from(reader.number(4, 4)?).ok()?;
    reader.take(&['-'])?;
    let month = reader.number(1, 2)?;
    reader.take(&['-'])?;
    let date = NaiveDate::from_ymd_opt(year, month, reader.number(1, 2)?)?;

    reader.take(&['T', ' '])?;
    let hour = reader.number(1, 2)?;
    reader.take(&[':'])?;
    let minute = reader.number(1, 2)?;
    let second = if reader.take(&[':']).is_some() { Some(reader.number(1, 2)?) } else { None };
    let microsecond = match second.and_then(|_| reader.take(&['.', ','])) {
        Some(_) if reader.digits_ahead() > MAX_DECIMALS => return None,
        Some(_) => reader.microseconds(1)?,
        None => 0,
    };
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second.unwrap_or(0), microsecond)?;

    reader.skip_blanks();
    let offset = relaxed_offset(&mut reader)?;
    reader.is_empty().then_some((date.and_time(time), offset))
}

/// Reads `Z` or `±hh[[:]mm]`; nothing means UTC.
fn relaxed_offset(reader: &mut Reader<'_>) -> Option<TimeDelta> {
    let sign = match reader.take(&['Z', '+', '-']) {
        Some('-') => -1,
        Some('+') => 1,
        _ => return Some(TimeDelta::zero()),
    };
    let hours = reader.number(2, 2)?;
    let minutes = if reader.is_empty() {
        0
    } else {
        _ = reader.take(&[':']);
        reader.number(2, 2)?
    };
    iso8601::less_than_a_day(TimeDelta::minutes(i64::from(hours * 60 + minutes) * sign))
}

#[cfg(test)]
mod tests;
