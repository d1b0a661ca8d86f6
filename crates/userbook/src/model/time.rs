//! The text form of times.

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, Utc};

use super::Timestamp;

/// Returns the time as authentik writes it: UTC with `Z`, with six fraction digits or none.
///
/// ```
/// use userbook::model::{parse_timestamp, timestamp_text};
/// for text in ["2024-01-02T03:04:05.678901Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.000001Z"] {
///     assert_eq!(parse_timestamp(text).map(timestamp_text).as_deref(), Some(text));
/// }
/// ```
pub fn timestamp_text(moment: Timestamp) -> String {
    let format =
        if moment.timestamp_subsec_micros() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    moment.to_rfc3339_opts(format, true)
}

/// Parses an RFC 3339 time in the years 1 to 9999, truncated to microseconds. The HTTP layer parses further forms of
/// authentik's clients.
pub fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc).trunc_subsecs(6);
    is_representable(moment).then_some(moment)
}

/// Returns whether every store can store the time: the years 1 to 9999.
pub fn is_representable(moment: Timestamp) -> bool {
    (1..=9999).contains(&moment.year())
}
