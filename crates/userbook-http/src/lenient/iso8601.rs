//! ISO 8601 times that the recorded release accepts: those of `datetime.fromisoformat` in `CPython` 3.12.
//!
//! A date is `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]` or `YYYYWww[D]`. Any single character separates it from the time,
//! `hh[:mm[:ss[.f…]]]` with or without colons. The offset is `Z`, or a sign with the same form as a time. Clients do
//! not use week dates, times without colons or odd separators, but recorded responses depend on them.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

use super::reader::Reader;

/// A parsed local date and time with the offset from UTC.
pub(super) type Written = (NaiveDateTime, TimeDelta);

/// Parses the complete `text`; `None` if the form is unknown or the time does not exist.
pub(super) fn read(text: &str) -> Option<Written> {
    let mut reader = Reader(text);
    let date = date(&mut reader)?;
    if reader.take_any().is_none() {
        return Some((date.and_time(NaiveTime::MIN), TimeDelta::zero()));
    }
    let Reader(rest) = reader;
    let end = rest.bytes().position(|byte| matches!(byte, b'Z' | b'+' | b'-')).unwrap_or(rest.len());
    let (time, rest) = rest.split_at_checked(end)?;
    let ([hour, minute, second], microsecond) = clock(time, rest.is_empty())?;
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, microsecond)?;
    Some((date.and_time(time), offset(rest)?))
}

fn date(reader: &mut Reader<'_>) -> Option<NaiveDate> {
    let year = i32::try_from(reader.number(4, 4)?).ok()?;
    let hyphens = reader.take(&['-']).is_some();
    if reader.take(&['W']).is_some() {
        let week = reader.number(2, 2)?;
        let day = if has_weekday(*reader, hyphens) { weekday(reader, hyphens)? } else { Weekday::Mon };
        return NaiveDate::from_isoywd_opt(year, week, day);
    }
    let month = reader.number(2, 2)?;
    if hyphens {
        reader.take(&['-'])?;
    }
    NaiveDate::from_ymd_opt(year, month, reader.number(2, 2)?)
}

/// Returns whether a week is followed by a day rather than by the separator. A digit can be either.
fn has_weekday(rest: Reader<'_>, hyphens: bool) -> bool {
    if hyphens {
        return rest.0.starts_with('-') && !rest.0.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
    }
    match rest.digits_ahead() {
        1 => true,
        digits => digits > 0 && digits % 2 == 0,
    }
}

fn weekday(reader: &mut Reader<'_>, hyphens: bool) -> Option<Weekday> {
    if hyphens {
        reader.take(&['-'])?;
    }
    let day = reader.number(1, 1)?.checked_sub(1)?;
    Weekday::try_from(u8::try_from(day).ok()?).ok()
}

/// Reads one to three two-digit numbers with or without colons, and a fraction of the last one as microseconds. What
/// follows directly before an offset counts for nothing: one byte after a number, any text after six decimals.
fn clock(text: &str, is_end: bool) -> Option<([u32; 3], u32)> {
    let mut reader = Reader(text);
    let mut parts = [0; 3];
    let mut colons = true;
    for (index, part) in parts.iter_mut().enumerate() {
        *part = reader.number(2, 2)?;
        match reader.0.len() {
            0 => return Some((parts, 0)),
            1 => return (!is_end).then_some((parts, 0)),
            _ => {}
        }
        if index == 0 {
            colons = reader.0.starts_with(':');
        }
        if colons && reader.take(&[':']).is_some() {
            continue;
        }
        if reader.take(&['.', ',']).is_some() {
            break;
        }
        // CPython also takes digits directly after the seconds as decimals, which is refused here.
        if colons || index == 2 {
            return None;
        }
    }
    let microseconds = reader.microseconds(reader.0.len().min(6))?;
    (reader.is_empty() || !is_end).then_some((parts, microseconds))
}

/// Reads `Z`, or a sign and an offset of less than a day; nothing means UTC.
fn offset(text: &str) -> Option<TimeDelta> {
    if matches!(text, "" | "Z") {
        return Some(TimeDelta::zero());
    }
    let (sign, text) = text.split_at_checked(1)?;
    let ([hours, minutes, seconds], microseconds) = clock(text, true)?;
    let seconds = TimeDelta::seconds((hours * 3600 + minutes * 60 + seconds).into());
    let size = seconds + TimeDelta::microseconds(microseconds.into());
    match sign {
        "+" => less_than_a_day(size),
        "-" => less_than_a_day(-size),
        _ => None,
    }
}

pub(super) fn less_than_a_day(offset: TimeDelta) -> Option<TimeDelta> {
    (offset.abs() < TimeDelta::days(1)).then_some(offset)
}
