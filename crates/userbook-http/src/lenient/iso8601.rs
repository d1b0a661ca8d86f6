//! ISO 8601 times that the recorded release accepts.
//!
//! A date is `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www-D` or `YYYYWwwD`. Any single character separates it from the time,
//! `hh[:mm[:ss[.f…]]]` with or without colons. The offset is `Z`, or a sign with hours, minutes and seconds. Clients
//! do not use week dates, times without colons or odd separators, but recorded responses depend on them.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::reader::Reader;

/// A parsed local date and time with the offset from UTC.
pub(super) type Written = (NaiveDateTime, FixedOffset);

/// Parses the complete `text`; `None` if the form is unknown or the time does not exist.
pub(super) fn read(text: &str) -> Option<Written> {
    let mut reader = Reader(text);
    let date = date(&mut reader)?;
    let time = match reader.take_any() {
        None => NaiveTime::MIN,
        Some(_separator) => time(&mut reader)?,
    };
    let offset = offset(&mut reader)?;
    reader.is_empty().then_some((date.and_time(time), offset))
}

fn date(reader: &mut Reader<'_>) -> Option<NaiveDate> {
    let year = i32::try_from(reader.number(4, 4)?).ok()?;
    let hyphens = reader.take(&['-']).is_some();
    let is_week = reader.take(&['W']).is_some();
    let middle = reader.number(2, 2)?;
    if hyphens {
        reader.take(&['-'])?;
    }
    if is_week {
        let weekday = Weekday::try_from(u8::try_from(reader.number(1, 1)?.checked_sub(1)?).ok()?).ok()?;
        NaiveDate::from_isoywd_opt(year, middle, weekday)
    } else {
        NaiveDate::from_ymd_opt(year, middle, reader.number(2, 2)?)
    }
}

fn time(reader: &mut Reader<'_>) -> Option<NaiveTime> {
    let [hour, minute, second] = clock(reader)?;
    NaiveTime::from_hms_micro_opt(hour, minute, second, reader.microseconds()?)
}

/// Reads one to three two-digit numbers, with or without colons.
fn clock(reader: &mut Reader<'_>) -> Option<[u32; 3]> {
    let mut parts = [reader.number(2, 2)?, 0, 0];
    let colons = reader.0.starts_with(':');
    for part in parts.iter_mut().skip(1) {
        let more = if colons { reader.take(&[':']).is_some() } else { reader.digits_ahead() > 0 };
        if !more {
            break;
        }
        *part = reader.number(2, 2)?;
    }
    Some(parts)
}

/// Reads `Z`, or a sign and an offset of less than a day, after optional blanks; nothing means UTC.
pub(super) fn offset(reader: &mut Reader<'_>) -> Option<FixedOffset> {
    reader.skip_blanks();
    let sign = match reader.take(&['Z', '+', '-']) {
        Some('-') => -1,
        Some('+') => 1,
        _ => return FixedOffset::east_opt(0),
    };
    let [hours, minutes, seconds] = clock(reader)?;
    FixedOffset::east_opt(sign * i32::try_from(hours * 3600 + minutes * 60 + seconds).ok()?)
}
