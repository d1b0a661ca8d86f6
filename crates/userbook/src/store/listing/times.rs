//! Conditions on the times of a user.

use crate::model::{Timestamp, User};

/// A condition on one time of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeCondition {
    /// The time.
    pub column: TimeColumn,
    /// The comparison.
    pub test: TimeTest,
}

/// The times that a filter compares.
///
/// Exhaustive: a store compares each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeColumn {
    /// [`User::last_login`], which may be missing.
    LastLogin,
    /// [`User::created_at`]
    CreatedAt,
    /// [`User::updated_at`]
    UpdatedAt,
}

/// A comparison of a time, with the precision of a microsecond. A missing time matches only [`TimeTest::IsMissing`].
///
/// Exhaustive: a store evaluates every test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeTest {
    /// Exactly this time.
    At(Timestamp),
    /// A later time.
    After(Timestamp),
    /// An earlier time.
    Before(Timestamp),
    /// No time if `true`, any time if `false`.
    IsMissing(bool),
}

impl TimeCondition {
    /// Returns whether the user matches.
    pub fn matches(&self, user: &User) -> bool {
        let time = match self.column {
            TimeColumn::LastLogin => user.last_login,
            TimeColumn::CreatedAt => Some(user.created_at),
            TimeColumn::UpdatedAt => Some(user.updated_at),
        };
        match self.test {
            TimeTest::At(wanted) => time == Some(wanted),
            TimeTest::After(bound) => time.is_some_and(|time| time > bound),
            TimeTest::Before(bound) => time.is_some_and(|time| time < bound),
            TimeTest::IsMissing(missing) => time.is_none() == missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_timestamp;

    #[test]
    fn a_missing_time_matches_no_comparison() {
        let time = |text| parse_timestamp(text).unwrap();
        let (early, late) = (time("2024-01-01T00:00:00Z"), time("2024-01-01T00:00:00.000001Z"));
        let user = User { created_at: early, updated_at: late, last_login: None, ..User::example() };
        for (column, test, expected) in [
            (TimeColumn::CreatedAt, TimeTest::At(early), true),
            (TimeColumn::CreatedAt, TimeTest::At(late), false),
            (TimeColumn::CreatedAt, TimeTest::Before(late), true),
            (TimeColumn::CreatedAt, TimeTest::Before(early), false),
            (TimeColumn::UpdatedAt, TimeTest::After(early), true),
            (TimeColumn::UpdatedAt, TimeTest::After(late), false),
            (TimeColumn::UpdatedAt, TimeTest::IsMissing(true), false),
            (TimeColumn::UpdatedAt, TimeTest::IsMissing(false), true),
            (TimeColumn::LastLogin, TimeTest::IsMissing(true), true),
            (TimeColumn::LastLogin, TimeTest::IsMissing(false), false),
            (TimeColumn::LastLogin, TimeTest::Before(late), false),
            (TimeColumn::LastLogin, TimeTest::After(early), false),
            (TimeColumn::LastLogin, TimeTest::At(early), false),
        ] {
            assert_eq!(TimeCondition { column, test }.matches(&user), expected, "{column:?} {test:?}");
        }
    }
}
