//! Conditions on attributes.

use std::cmp::Ordering;

use serde_json::Value;

use super::fold::Folded;
use crate::json::{
    PathSegment, at_path, compare_values, count_nodes, equal_by_value, json_contains, spaced_text,
};

/// A condition on one value inside the attributes of a user or group: the lookups of the recorded release, with the
/// results of its database, `PostgreSQL`.
///
/// ```
/// use serde_json::json;
/// use userbook::{
///     json::PathSegment,
///     store::{AttributeCondition, AttributeTest},
/// };
///
/// let condition = AttributeCondition {
///     path: vec![PathSegment::Key("team".into()), PathSegment::Key("size".into())],
///     test: AttributeTest::Equals(json!(3)),
/// };
/// assert!(condition.holds(&json!({"team": {"size": 3.0}})));
/// assert!(!condition.holds(&json!({"team": {}})));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeCondition {
    /// The position of the value; empty for the attributes as a whole.
    pub path: Vec<PathSegment>,
    /// The test of the value. A missing value passes only [`AttributeTest::IsAbsent`].
    pub test: AttributeTest,
}

/// A test of one JSON value.
///
/// Exhaustive: a store evaluates every test.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeTest {
    /// Equal, numbers by value.
    Equals(Value),
    /// Equal to one of these.
    EqualsAny(Vec<Value>),
    /// Contains this value; see [`json_contains`].
    Contains(Value),
    /// Is contained in this value.
    ContainedBy(Value),
    /// In an order with this value: null, texts by code point, numbers, booleans, arrays, objects.
    Compares(Comparison, Value),
    /// An object with all these keys, or an array or text with all these texts.
    HasKeys(Vec<String>),
    /// As [`AttributeTest::HasKeys`], with one of the keys at least.
    HasAnyKey(Vec<String>),
    /// As text: a text itself, other values as JSON. Null has no text.
    Text(TextTest),
    /// The value is missing, or is not missing. A null is not missing.
    IsAbsent(bool),
}

/// The order of a value to another.
///
/// Exhaustive: a store evaluates every comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
}

/// A test of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTest {
    /// The position of `text`.
    pub position: TextPosition,
    /// The text to find.
    pub text: String,
    /// Whether upper and lower case of all alphabets are equal, as in
    /// [`UserFilter::search`](super::UserFilter::search).
    pub ignore_case: bool,
}

/// A position in a text.
///
/// Exhaustive: a store evaluates every position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPosition {
    /// The whole text.
    Whole,
    /// The start.
    Start,
    /// The end.
    End,
    /// Any position.
    Anywhere,
}

impl AttributeCondition {
    /// Returns whether the condition holds for these attributes.
    pub fn holds(&self, attributes: &Value) -> bool {
        match (at_path(attributes, &self.path), &self.test) {
            (found, AttributeTest::IsAbsent(absent)) => found.is_none() == *absent,
            (Some(value), test) => test.passes(value),
            (None, _) => false,
        }
    }

    /// Returns the number of JSON values and keys in the condition.
    pub(crate) fn nodes(&self) -> usize {
        let own = match &self.test {
            AttributeTest::Equals(value)
            | AttributeTest::Contains(value)
            | AttributeTest::ContainedBy(value)
            | AttributeTest::Compares(_, value) => count_nodes(value),
            AttributeTest::EqualsAny(values) => values.iter().map(count_nodes).sum(),
            AttributeTest::HasKeys(keys) | AttributeTest::HasAnyKey(keys) => keys.len(),
            AttributeTest::Text(_) | AttributeTest::IsAbsent(_) => 1,
        };
        own.max(1) + self.path.len().saturating_sub(1)
    }
}

impl AttributeTest {
    fn passes(&self, value: &Value) -> bool {
        match self {
            Self::Equals(wanted) => equal_by_value(value, wanted),
            Self::EqualsAny(wanted) => wanted.iter().any(|wanted| equal_by_value(value, wanted)),
            Self::Contains(part) => json_contains(value, part),
            Self::ContainedBy(whole) => json_contains(whole, value),
            Self::Compares(comparison, other) => comparison.holds(compare_values(value, other)),
            Self::HasKeys(keys) => keys.iter().all(|key| has_key(value, key)),
            Self::HasAnyKey(keys) => keys.iter().any(|key| has_key(value, key)),
            Self::Text(test) => match value {
                Value::Null => false,
                Value::String(own) => test.passes(own),
                value => test.passes(&spaced_text(value)),
            },
            Self::IsAbsent(absent) => !absent,
        }
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl TextTest {
    fn passes(&self, text: &str) -> bool {
        if !self.ignore_case {
            return self.position.holds(text, &self.text);
        }
        self.position.holds(Folded::new(text).as_str(), Folded::new(&self.text).as_str())
    }
}

impl TextPosition {
    fn holds(self, text: &str, part: &str) -> bool {
        match self {
            Self::Whole => text == part,
            Self::Start => text.starts_with(part),
            Self::End => text.ends_with(part),
            Self::Anywhere => text.contains(part),
        }
    }
}

/// `PostgreSQL`'s `?`.
fn has_key(value: &Value, key: &str) -> bool {
    match value {
        Value::Object(object) => object.contains_key(key),
        Value::Array(list) => list.iter().any(|element| element.as_str() == Some(key)),
        Value::String(text) => text == key,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(path: &str, test: AttributeTest) -> bool {
        let document = json!({
            "team": "Red", "n": 1, "flag": true, "none": null, "tags": ["a", "b", 3], "deep": {"x": [{"y": 2.50}]},
        });
        let keys = path.split('.').filter(|key| !key.is_empty());
        let path = keys.map(|key| PathSegment::Key(key.to_owned())).collect();
        AttributeCondition { path, test }.holds(&document)
    }

    fn text(position: TextPosition, text: &str, ignore_case: bool) -> AttributeTest {
        AttributeTest::Text(TextTest { position, text: text.to_owned(), ignore_case })
    }

    #[test]
    fn values_are_tested_like_jsonb() {
        use AttributeTest as T;
        for (path, test, expected) in [
            ("n", T::Equals(json!(1.0)), true),
            ("n", T::Equals(json!("1")), false),
            ("none", T::Equals(json!(null)), true),
            ("missing", T::Equals(json!(null)), false),
            ("deep.x.0.y", T::Equals(json!(2.5)), true),
            ("tags", T::Equals(json!(["a", "b"])), false),
            ("team", T::EqualsAny(vec![json!("x"), json!("Red")]), true),
            ("team", T::EqualsAny(vec![]), false),
            ("tags", T::Contains(json!("a")), true),
            ("tags", T::Contains(json!(["b", 3])), true),
            ("team", T::Contains(json!("Re")), false),
            ("", T::Contains(json!({"deep": {"x": [{}]}})), true),
            ("n", T::ContainedBy(json!([1, 2])), true),
            ("tags", T::ContainedBy(json!(["a", "b", "c", 3])), true),
            ("n", T::Compares(Comparison::Less, json!(1)), false),
            ("n", T::Compares(Comparison::LessOrEqual, json!(1)), true),
            ("team", T::Compares(Comparison::Less, json!(0)), true),
            ("flag", T::Compares(Comparison::Greater, json!(99)), true),
            ("missing", T::Compares(Comparison::Less, json!([1])), false),
            ("tags", T::Compares(Comparison::GreaterOrEqual, json!(true)), true),
            ("", T::HasKeys(vec!["team".into(), "n".into()]), true),
            ("", T::HasKeys(vec!["team".into(), "x".into()]), false),
            ("", T::HasKeys(vec![]), true),
            ("", T::HasAnyKey(vec!["team".into(), "x".into()]), true),
            ("", T::HasAnyKey(vec![]), false),
            ("tags", T::HasKeys(vec!["a".into()]), true),
            ("tags", T::HasKeys(vec!["3".into()]), false),
            ("team", T::HasKeys(vec!["Red".into()]), true),
            ("team", text(TextPosition::Whole, "rED", true), true),
            ("team", text(TextPosition::Whole, "rED", false), false),
            ("team", text(TextPosition::Start, "Re", false), true),
            ("team", text(TextPosition::End, "ED", true), true),
            ("n", text(TextPosition::Anywhere, "1", false), true),
            ("flag", text(TextPosition::Whole, "TRUE", true), true),
            ("none", text(TextPosition::Anywhere, "", false), false),
            ("deep", text(TextPosition::Whole, r#"{"x": [{"y": 2.5}]}"#, false), true),
            ("missing", T::IsAbsent(true), true),
            ("none", T::IsAbsent(true), false),
            ("none", T::IsAbsent(false), true),
            ("deep.z", T::IsAbsent(false), false),
        ] {
            assert_eq!(holds(path, test.clone()), expected, "{path} {test:?}");
        }
    }

    #[test]
    fn a_condition_counts_its_values_and_keys() {
        let nodes =
            |path: usize, test| AttributeCondition { path: vec![PathSegment::Index(0); path], test }.nodes();
        assert_eq!(nodes(1, AttributeTest::Equals(json!({"a": [1, 2]}))), 4);
        assert_eq!(nodes(5, AttributeTest::IsAbsent(true)), 5);
        assert_eq!(nodes(0, AttributeTest::HasKeys(vec![String::new(); 3])), 3);
        assert_eq!(nodes(1, AttributeTest::EqualsAny(vec![])), 1);
        assert_eq!(nodes(1, AttributeTest::EqualsAny(vec![json!(1), json!([2])])), 3);
    }
}
