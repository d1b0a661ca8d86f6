//! Filters by time.

use userbook::{
    Timestamp,
    store::{TimeColumn, TimeCondition, TimeTest},
};

use super::Params;
use crate::lenient::parse_datetime;

/// A parameter that contains a time, the column to compare, and the comparison.
pub(crate) type TimeParam = (&'static str, TimeColumn, fn(Timestamp) -> TimeTest);

/// Whether the user has never logged in.
const NEVER_LOGGED_IN: &str = "last_login__isnull";

/// Reads the conditions of these parameters and of `last_login__isnull`.
pub(crate) fn times(params: &mut Params<'_>, known: &[TimeParam]) -> Vec<TimeCondition> {
    let mut conditions = Vec::new();
    for (name, column, test) in known {
        let time = params.one(name, |text| {
            parse_datetime(text).map_err(|_| ("invalid", "Enter a valid date/time.".into()))
        });
        conditions.extend(time.map(|time| TimeCondition { column: *column, test: test(time) }));
    }
    let missing = params.boolean(NEVER_LOGGED_IN).map(TimeTest::IsMissing);
    conditions.extend(missing.map(|test| TimeCondition { column: TimeColumn::LastLogin, test }));
    conditions
}

#[cfg(test)]
mod tests {
    use userbook::model::parse_timestamp;

    use super::*;

    const KNOWN: [TimeParam; 2] = [
        ("date_joined__gt", TimeColumn::CreatedAt, TimeTest::After),
        ("last_login", TimeColumn::LastLogin, TimeTest::At),
    ];

    fn read(query: &str) -> Option<Vec<TimeCondition>> {
        let mut params = Params::parse(Some(query));
        let conditions = times(&mut params, &KNOWN);
        params.check().is_ok().then_some(conditions)
    }

    #[test]
    fn each_parameter_is_one_condition() {
        let time = parse_timestamp("2024-05-06T07:08:09.000010Z").unwrap();
        let joined = TimeCondition { column: TimeColumn::CreatedAt, test: TimeTest::After(time) };
        let login = |test| TimeCondition { column: TimeColumn::LastLogin, test };
        for (query, expected) in [
            ("", Some(vec![])),
            ("date_joined__gt=", Some(vec![])),
            ("date_joined__gt=2024-05-06T07:08:09.00001Z", Some(vec![joined])),
            ("date_joined__gt=2024-05-06T09:08:09.000010%2B02:00", Some(vec![joined])),
            ("date_joined__gt=2024-05-06%2007:08:09.00001", Some(vec![joined])),
            ("last_login=2024-05-06T07:08:09.00001Z", Some(vec![login(TimeTest::At(time))])),
            ("last_login__isnull=true", Some(vec![login(TimeTest::IsMissing(true))])),
            (
                "last_login__isnull=False&date_joined__gt=2024-05-06T07:08:09.00001Z",
                Some(vec![joined, login(TimeTest::IsMissing(false))]),
            ),
            ("date_joined__gt=yesterday", None),
            ("date_joined__gt=0", None),
            ("date_joined__gt=0001-01-01T00:00:00%2B01:00", None),
            ("last_login__isnull=perhaps", None),
            ("date_joined=2024", Some(vec![])),
        ] {
            assert_eq!(read(query), expected, "{query}");
        }
    }
}
