//! The addresses of a user beyond [`User::email`](crate::User::email).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::field::fold;

/// The most addresses of one user that have keys of their own.
const MAX: usize = 100;

/// The key of a user with more than [`MAX`] addresses. No address folds to it.
const MANY: &str = "";

/// The keys by which a store finds a user by a further address.
///
/// Further addresses are in the member `emails` of the attributes, as SCIM has them: a list of objects with `value`, or
/// of texts. A key is a folded address ([`fold`]). A user with more than 100 addresses has one key that every search
/// finds, so that the size of an index is bounded; the caller compares the addresses of the users that are found.
///
/// ```
/// use userbook::store::FurtherAddresses;
/// let attributes = serde_json::json!({"emails": [{"value": "Ada@Home.org", "type": "home"}]});
/// let addresses = FurtherAddresses::of(&attributes);
/// assert!(addresses.may_contain("ada@home.org"));
/// assert!(!addresses.may_contain("home"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FurtherAddresses(BTreeSet<String>);

impl FurtherAddresses {
    /// The member of the attributes that has further addresses.
    pub const MEMBER: &str = "emails";

    /// Returns the keys of a user with these attributes.
    pub fn of(attributes: &Value) -> Self {
        let mut keys = BTreeSet::new();
        if let Some(value) = attributes.get(Self::MEMBER) {
            collect(value, &mut keys);
        }
        if keys.len() > MAX { Self([MANY.to_owned()].into()) } else { Self(keys) }
    }

    /// Returns the keys after a change of the attributes, if they differ.
    pub(crate) fn changed(before: &Value, after: &Value) -> Option<Self> {
        if before.get(Self::MEMBER) == after.get(Self::MEMBER) {
            return None;
        }
        let keys = Self::of(after);
        (keys != Self::of(before)).then_some(keys)
    }

    /// Returns the keys.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns the keys of the users who may have this address. A text that folds to nothing has none.
    pub fn searched(address: &str) -> BTreeSet<String> {
        let key = fold(address);
        if key == MANY { BTreeSet::new() } else { [key, MANY.to_owned()].into() }
    }

    /// Returns whether a search for this address finds the user.
    pub fn may_contain(&self, address: &str) -> bool {
        !self.0.is_disjoint(&Self::searched(address))
    }
}

/// Adds the texts of a list, and of `value` in each object. Numbers and flags count, because SCIM reads them as texts.
fn collect(value: &Value, keys: &mut BTreeSet<String>) {
    let mut add = |text: &str| {
        let key = fold(text);
        if key != MANY {
            keys.insert(key);
        }
    };
    match value {
        Value::String(text) => add(text),
        Value::Number(number) => add(&number.to_string()),
        Value::Bool(flag) => add(&flag.to_string()),
        Value::Null => {}
        Value::Array(items) => {
            for item in items {
                if keys.len() > MAX {
                    return;
                }
                collect(item, keys);
            }
        }
        Value::Object(members) => {
            for (_, value) in members.iter().filter(|(name, _)| name.eq_ignore_ascii_case("value")) {
                collect(value, keys);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_values_of_the_list() {
        for (emails, expected) in [
            (json!([{"value": "A@X.org", "type": "work"}, {"VALUE": "Stra\u{df}e"}]), "a@x.org strasse"),
            (json!(["B", {"value": ["c"]}, {"value": {"value": 7}}, true, null]), "7 b c true"),
            (json!({"value": "a", "type": "home"}), "a"),
            (json!("a"), "a"),
            (json!([{"type": "home"}, {"value": ""}, {"value": "\u{200b}"}]), ""),
            (json!(null), ""),
        ] {
            let keys = FurtherAddresses::of(&json!({ "emails": emails }));
            assert_eq!(keys.keys().collect::<Vec<_>>().join(" "), expected, "{emails}");
        }
        assert_eq!(FurtherAddresses::of(&json!({"mails": ["a"]})), FurtherAddresses::default());
    }

    #[test]
    fn every_search_finds_a_user_with_many_addresses() {
        let of = |count: usize| {
            let emails: Vec<String> = (0..count).map(|n| format!("{n}@x.org")).collect();
            FurtherAddresses::of(&json!({ "emails": emails }))
        };
        for (count, keys, finds) in [(1, 1, false), (MAX, MAX, false), (MAX + 1, 1, true), (5000, 1, true)] {
            let addresses = of(count);
            assert_eq!((addresses.keys().len(), addresses.may_contain("other")), (keys, finds), "{count}");
            assert!(addresses.may_contain("0@X.org"));
            assert!(!addresses.may_contain("\u{200b}"));
        }
    }

    #[test]
    fn only_other_addresses_are_a_change() {
        let one = json!({"emails": [{"value": "a"}], "n": 1});
        for (after, changes) in [
            (json!({"emails": [{"value": "a"}], "n": 2}), false),
            (json!({"emails": [{"value": "A", "type": "work"}]}), false),
            (json!({"emails": [{"value": "b"}]}), true),
            (json!({}), true),
        ] {
            assert_eq!(FurtherAddresses::changed(&one, &after).is_some(), changes, "{after}");
        }
    }
}
