//! Tables of accepted and rejected texts.

use chrono::SecondsFormat;

use super::*;

#[test]
fn reads() {
    for (text, expected) in [
        ("2024-05-01T10:20:30Z", "2024-05-01T10:20:30.000000Z"),
        ("2024-05-01t10:20:30", "2024-05-01T10:20:30.000000Z"),
        ("2024-05-01 10:20:30", "2024-05-01T10:20:30.000000Z"),
        ("2024-05-01", "2024-05-01T00:00:00.000000Z"),
        ("2024-05-01T10:20Z", "2024-05-01T10:20:00.000000Z"),
        ("2024-5-1T1:2Z", "2024-05-01T01:02:00.000000Z"),
        ("2024-5-1 1:2:3,4 -0130", "2024-05-01T02:32:03.400000Z"),
        ("2024-05-01T10:20:30+02", "2024-05-01T08:20:30.000000Z"),
        ("2024-05-01T10:20:30-0530", "2024-05-01T15:50:30.000000Z"),
        ("2024-05-01T10:20:30+23:59", "2024-04-30T10:21:30.000000Z"),
        ("2024-05-01T10:20:30 \t+02:00", "2024-05-01T08:20:30.000000Z"),
        ("2024-05-01T10:20:30+01:02:03", "2024-05-01T09:18:27.000000Z"),
        ("2024-05-01T10:20:30.1Z", "2024-05-01T10:20:30.100000Z"),
        ("2024-05-01T10:20:30,12", "2024-05-01T10:20:30.120000Z"),
        ("2024-05-01T10:20:30.99999999999999999999Z", "2024-05-01T10:20:30.999999Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000000Z"),
        ("2024-W18-3T10:20:30Z", "2024-05-01T10:20:30.000000Z"),
        ("20240501T102030.5-0130", "2024-05-01T11:50:30.500000Z"),
        ("2024-W18", "2024-04-29T00:00:00.000000Z"),
        ("2024W18 10:20", "2024-04-29T10:20:00.000000Z"),
        ("2024-W18-3", "2024-05-01T00:00:00.000000Z"),
        ("2024-W18-10:20", "2024-04-29T10:20:00.000000Z"),
        ("2024-05-01T10:20:30.Z", "2024-05-01T10:20:30.000000Z"),
        ("2024-05-01T10:Z", "2024-05-01T10:00:00.000000Z"),
        ("2024-05-01T10:20:30+01:02:03.5", "2024-05-01T09:18:26.500000Z"),
        ("2024-05-01T10:20:30Z\n", "2024-05-01T10:20:30.000000Z"),
    ] {
        let read = parse_datetime(text).map(|moment| moment.to_rfc3339_opts(SecondsFormat::Micros, true));
        assert_eq!(read.as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn refuses() {
    use DateTimeFault::{OutOfRange, WrongFormat};
    for (text, fault) in [
        ("", WrongFormat),
        // The local year is 0, but the time in UTC is in the year 1.
        ("0000-12-31T23:59:59-01:00", WrongFormat),
        (" ", WrongFormat),
        ("now", WrongFormat),
        ("2024", WrongFormat),
        ("2024-05", WrongFormat),
        ("2024-122", WrongFormat),
        ("2024-5-1", WrongFormat),
        ("2024-05-01T", WrongFormat),
        (" 2024-05-01T10:20:30Z", WrongFormat),
        ("2024-05-01T10:20:30Z ", WrongFormat),
        ("2024-05-01T10:20:30z", WrongFormat),
        ("2024-05-01T10:20:30.", WrongFormat),
        ("2024-05-01T10:20:", WrongFormat),
        ("2024-05-01T1:2+01:02:03", WrongFormat),
        ("2024-05-01T10  Z", WrongFormat),
        ("2024-05-01T10.5 Z", WrongFormat),
        ("2024-05-01T1020305", WrongFormat),
        ("2024-05-01T1020301234", WrongFormat),
        ("2024-05-01T1:2:3.1234567890123", WrongFormat),
        ("2024-05-01T24:00:00Z", WrongFormat),
        ("2024-05-01T10:60:00Z", WrongFormat),
        ("2016-12-31T23:59:60Z", WrongFormat),
        ("2023-02-29T10:20:30Z", WrongFormat),
        ("2024-13-01T10:20:30Z", WrongFormat),
        ("2024-00-01", WrongFormat),
        ("2024-W54-1", WrongFormat),
        ("2024-W18-0", WrongFormat),
        ("10000-01-01T00:00:00Z", WrongFormat),
        ("-024-01-01T00:00:00Z", WrongFormat),
        ("0000-01-01T00:00:00Z", WrongFormat),
        ("2024-05-01T10:20:30+2", WrongFormat),
        ("2024-05-01T10:20:30+02:", WrongFormat),
        ("2024-05-01T10:20:30+02:0", WrongFormat),
        ("2024-05-01T10:20:30+24:00", WrongFormat),
        ("2024-05-01T10:20:30−02:00", WrongFormat),
        ("٢٠٢٤-05-01", WrongFormat),
        ("Wed, 01 May 2024 10:20:30 GMT", WrongFormat),
        ("0001-01-01T00:00:00+01:00", OutOfRange),
        ("9999-12-31T23:59:59-01:00", OutOfRange),
    ] {
        assert_eq!(parse_datetime(text), Err(fault), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn written_times_are_read_back(micros in -62_135_596_800_000_000_i64..=253_402_300_799_999_999) {
        let moment = DateTime::from_timestamp_micros(micros).unwrap();
        let text = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        proptest::prop_assert_eq!(parse_datetime(&text), Ok(moment));
    }

    #[test]
    fn no_text_causes_a_panic(text in "[0-9TtZzW:., +-]{0,40}|.*") {
        _ = parse_datetime(&text);
    }
}
