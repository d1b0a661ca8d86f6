//! The part of a filter that databases evaluate differently: words, and conditions on attributes.

use serde_json::Value;
use uuid::Uuid;

use super::{AttributeCondition, GroupFilter, UserFilter, fold::Folded};
use crate::json::spaced_text;

/// The words and conditions of a filter, ready to be applied to many rows. Each store calls
/// [`ContentFilter::matches`] for the rows that match the rest of the filter, because databases disagree about letters
/// and about JSON.
#[derive(Debug, Clone)]
pub struct ContentFilter {
    words: Vec<Folded>,
    conditions: Vec<AttributeCondition>,
}

/// The content of a row.
///
/// Exhaustive: a store passes users or groups.
#[derive(Debug, Clone, Copy)]
pub enum RowContent<'r> {
    /// A user.
    User {
        /// `username`
        username: &'r str,
        /// `name`
        name: &'r str,
        /// `email`
        email: &'r str,
        /// `uuid`
        uuid: Uuid,
        /// `is_active`
        is_active: bool,
        /// `attributes`
        attributes: &'r Value,
    },
    /// A group.
    Group {
        /// `name`
        name: &'r str,
        /// `is_superuser`
        is_superuser: bool,
        /// `attributes`
        attributes: &'r Value,
    },
}

impl ContentFilter {
    /// Returns the words and conditions of a filter of users; `None` if the filter has none.
    pub fn of_users(filter: &UserFilter) -> Option<Self> {
        Self::new(&filter.search, &filter.attributes)
    }

    /// Returns the words and conditions of a filter of groups; `None` if the filter has none.
    pub fn of_groups(filter: &GroupFilter) -> Option<Self> {
        Self::new(&filter.search, &filter.attributes)
    }

    fn new(words: &[String], conditions: &[AttributeCondition]) -> Option<Self> {
        // Every text contains the empty word.
        let words: Vec<_> =
            words.iter().filter(|word| !word.is_empty()).map(|word| Folded::new(word)).collect();
        let is_empty = words.is_empty() && conditions.is_empty();
        (!is_empty).then(|| Self { words, conditions: conditions.to_vec() })
    }

    /// Returns whether all conditions hold, and each word occurs in one of the texts of the row.
    pub fn matches(&self, row: RowContent<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(row.attributes())) && self.has_words(row)
    }

    fn has_words(&self, row: RowContent<'_>) -> bool {
        let mut missing: Vec<&Folded> = self.words.iter().collect();
        match row {
            RowContent::User { username, name, email, uuid, is_active, attributes } => {
                let remove = |missing: &mut Vec<&Folded>, text: &str| remove_found(missing, text);
                for text in [username, name, email, flag(is_active)] {
                    remove(&mut missing, text);
                }
                if !missing.is_empty() {
                    let mut buffer = Uuid::encode_buffer();
                    remove(&mut missing, uuid.hyphenated().encode_lower(&mut buffer));
                }
                if !missing.is_empty() {
                    remove(&mut missing, &spaced_text(attributes));
                }
            }
            RowContent::Group { name, is_superuser, .. } => {
                for text in [name, flag(is_superuser)] {
                    remove_found(&mut missing, text);
                }
            }
        }
        missing.is_empty()
    }
}

impl<'r> RowContent<'r> {
    fn attributes(self) -> &'r Value {
        match self {
            Self::User { attributes, .. } | Self::Group { attributes, .. } => attributes,
        }
    }
}

/// Removes the words that occur in this text.
fn remove_found(missing: &mut Vec<&Folded>, text: &str) {
    if !missing.is_empty() {
        let text = Folded::new(text);
        missing.retain(|word| !text.contains(word));
    }
}

/// A boolean as the recorded release searches it.
fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::AttributeTest;

    fn filter(words: &str) -> Option<ContentFilter> {
        let search = words.split(' ').map(str::to_owned).collect();
        ContentFilter::of_users(&UserFilter { search, ..UserFilter::default() })
    }

    #[test]
    fn each_word_occurs_in_one_text_of_a_user() {
        let attributes = json!({"team": "röd", "n": 1});
        let row = RowContent::User {
            username: "zoë",
            name: "Zoë Ångström",
            email: "z@example.org",
            uuid: Uuid::from_u128(0xab),
            is_active: true,
            attributes: &attributes,
        };
        for (words, expected) in [
            ("ZOË", true),
            ("zoe", false),
            ("ångSTRÖM EXAMPLE", true),
            ("zoë ann", false),
            ("0000000000AB", true),
            ("-0000-", true),
            ("tru", true),
            ("false", false),
            ("\"team\": \"RÖD\"}", true),
            ("{\"n\": 1,", true),
            ("zoë@", false),
        ] {
            assert_eq!(filter(words).unwrap().matches(row), expected, "{words}");
        }
        assert!(filter("").is_none());
    }

    #[test]
    fn a_group_is_searched_by_name_and_flag_only() {
        let attributes = json!({"team": "red"});
        let row = RowContent::Group { name: "Sea", is_superuser: false, attributes: &attributes };
        for (words, expected) in [("sea FALSE", true), ("red", false), ("true", false)] {
            assert_eq!(filter(words).unwrap().matches(row), expected, "{words}");
        }
        let condition = AttributeCondition { path: vec![], test: AttributeTest::HasKeys(vec!["x".into()]) };
        let filter = GroupFilter { attributes: vec![condition], ..GroupFilter::default() };
        assert!(!ContentFilter::of_groups(&filter).unwrap().matches(row));
        assert!(ContentFilter::of_groups(&GroupFilter::default()).is_none());
    }
}
