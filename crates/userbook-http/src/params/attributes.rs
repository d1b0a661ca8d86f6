//! The filter by attributes: a JSON object of lookups, in the syntax of the recorded release (Django's).

use serde_json::Value;
use userbook::{
    JsonObject,
    field::MAX_DEPTH,
    json::PathSegment,
    store::{AttributeCondition, AttributeTest, Comparison, TextPosition, TextTest},
};

use super::{NULL_CHARACTER, Params};
use crate::{
    error::{ApiError, InputError, InputLocation},
    lenient::{
        json::{self, JsonBounds, without_negative_zero},
        python_int, python_repr,
    },
};

const NAME: &str = "attributes";

/// The lookups of the recorded release, the last part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lookup {
    Exact,
    IExact,
    Contains,
    ContainedBy,
    HasKey,
    HasKeys,
    HasAnyKeys,
    Text(TextPosition, bool),
    In,
    Range,
    Compare(Comparison),
    IsNull,
    /// A regular expression, which Userbook does not evaluate.
    Regex,
}

impl Lookup {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "exact" => Self::Exact,
            "iexact" => Self::IExact,
            "contains" => Self::Contains,
            "contained_by" => Self::ContainedBy,
            "has_key" => Self::HasKey,
            "has_keys" => Self::HasKeys,
            "has_any_keys" => Self::HasAnyKeys,
            "icontains" => Self::Text(TextPosition::Anywhere, true),
            "startswith" => Self::Text(TextPosition::Start, false),
            "istartswith" => Self::Text(TextPosition::Start, true),
            "endswith" => Self::Text(TextPosition::End, false),
            "iendswith" => Self::Text(TextPosition::End, true),
            "in" => Self::In,
            "range" => Self::Range,
            "gt" => Self::Compare(Comparison::Greater),
            "gte" => Self::Compare(Comparison::GreaterOrEqual),
            "lt" => Self::Compare(Comparison::Less),
            "lte" => Self::Compare(Comparison::LessOrEqual),
            "isnull" => Self::IsNull,
            "regex" | "iregex" => Self::Regex,
            _ => return None,
        })
    }

    /// Returns the tests for this value; the error states what the value must be.
    fn tests(self, value: Value) -> Result<Vec<AttributeTest>, &'static str> {
        use AttributeTest as T;
        let test = match (self, value) {
            (Self::Exact, value) => T::Equals(value),
            // As in the recorded release: only a missing value is not equal to any text.
            (Self::IExact, Value::Null) => T::IsAbsent(true),
            (Self::IExact, Value::String(text)) => {
                T::Text(TextTest { position: TextPosition::Whole, text, ignore_case: true })
            }
            (Self::HasKey, Value::String(key)) => T::HasKeys(vec![key]),
            (Self::IExact | Self::HasKey, _) => return Err("a text"),
            (Self::HasKeys, Value::Array(keys)) => T::HasKeys(keys.iter().map(python_repr).collect()),
            (Self::HasAnyKeys, Value::Array(keys)) => T::HasAnyKey(keys.iter().map(python_repr).collect()),
            (Self::In, Value::Array(values)) => {
                T::EqualsAny(values.into_iter().filter(|value| !value.is_null()).collect())
            }
            (Self::HasKeys | Self::HasAnyKeys | Self::In, _) => return Err("a list"),
            (Self::Range, Value::Array(ends)) => return range(ends),
            (Self::Range, _) => return Err(TWO_VALUES),
            (Self::IsNull, Value::Bool(is_null)) => T::IsAbsent(is_null),
            (Self::IsNull, _) => return Err("true or false"),
            (Self::Regex, _) => return Err("another lookup: regular expressions are not supported"),
            (Self::Contains | Self::ContainedBy | Self::Compare(_) | Self::Text(..), Value::Null) => {
                return Err("a value other than null");
            }
            (Self::Contains, value) => T::Contains(value),
            (Self::ContainedBy, value) => T::ContainedBy(value),
            (Self::Compare(comparison), value) => T::Compares(comparison, value),
            (Self::Text(position, ignore_case), value) => {
                T::Text(TextTest { position, text: python_repr(&value), ignore_case })
            }
        };
        Ok(vec![test])
    }
}

const TWO_VALUES: &str = "a list of two values other than null";

fn range(ends: Vec<Value>) -> Result<Vec<AttributeTest>, &'static str> {
    let [first, last] = <[Value; 2]>::try_from(ends).map_err(|_| TWO_VALUES)?;
    if first.is_null() || last.is_null() {
        return Err(TWO_VALUES);
    }
    let compares = AttributeTest::Compares;
    Ok(vec![compares(Comparison::GreaterOrEqual, first), compares(Comparison::LessOrEqual, last)])
}

impl Params<'_> {
    /// Reads the text of the filter by attributes. The content is read later, as recorded: its errors are reported only
    /// if no other parameter is invalid.
    pub(crate) fn attributes(&mut self) -> Option<String> {
        self.text(NAME)
    }
}

/// Reads the content of the filter by attributes.
///
/// # Errors
/// 400 with a message. Stricter than the recorded release, which fails or ignores the whole filter: texts with U+0000,
/// regular expressions, and values that the lookup does not accept.
pub(crate) fn conditions(text: Option<&str>) -> Result<Vec<AttributeCondition>, ApiError> {
    let Some(text) = text else { return Ok(Vec::new()) };
    // The size of the head limits the text, and the core limits the number of values in a filter.
    let bounds = JsonBounds { levels: MAX_DEPTH, nodes: usize::MAX };
    let bytes = without_negative_zero(text.to_owned().into());
    let Ok(value) = json::parse(&bytes, bounds) else { return Err(invalid("failed to parse JSON")) };
    if has_null_character(&value) {
        return Err(invalid(NULL_CHARACTER));
    }
    let Value::Object(object) = value else { return Err(invalid("value must be key:value mapping")) };
    read(object)
}

fn read(object: JsonObject) -> Result<Vec<AttributeCondition>, ApiError> {
    let mut conditions = Vec::new();
    for (key, value) in object {
        let mut parts: Vec<&str> = key.split("__").collect();
        let lookup = parts.last().and_then(|name| Lookup::named(name));
        if lookup.is_some() {
            parts.pop();
        }
        let tests = lookup.unwrap_or(Lookup::Exact).tests(value);
        let tests = tests.map_err(|wanted| invalid(&format!("\"{key}\" needs {wanted}")))?;
        let path = path(&parts);
        conditions.extend(tests.into_iter().map(|test| AttributeCondition { path: path.clone(), test }));
    }
    Ok(conditions)
}

/// As in the recorded release, a number is an index and not a key unless other keys are around it.
fn path(parts: &[&str]) -> Vec<PathSegment> {
    match parts {
        [only] if python_int(only).is_some() => {
            python_int(only).map(PathSegment::Index).into_iter().collect()
        }
        parts => parts.iter().map(|part| PathSegment::Key((*part).to_owned())).collect(),
    }
}

fn has_null_character(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_null_character),
        Value::Object(members) => {
            members.iter().any(|(key, value)| key.contains('\0') || has_null_character(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn invalid(message: &str) -> ApiError {
    let message = format!("filter: {message}").into();
    ApiError::filter(InputError { location: InputLocation::Query, name: NAME, code: "invalid", message })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorFormat;

    /// The conditions, or the body of the error.
    fn read_text(text: &str) -> Result<Vec<AttributeCondition>, Value> {
        conditions(Some(text)).map_err(|error| {
            let response = error.into_response(ErrorFormat::Recorded);
            assert_eq!(response.status(), 400);
            serde_json::from_slice(response.body()).unwrap()
        })
    }

    fn keys(keys: &[&str]) -> Vec<PathSegment> {
        keys.iter().map(|key| PathSegment::Key((*key).to_owned())).collect()
    }

    #[test]
    fn keys_are_paths_and_lookups() {
        use AttributeTest as T;
        let text = |position, text: &str, ignore_case| {
            T::Text(TextTest { position, text: text.to_owned(), ignore_case })
        };
        for (filter, path, tests) in [
            (json!({"team": "red"}), keys(&["team"]), vec![T::Equals(json!("red"))]),
            (json!({"team": null}), keys(&["team"]), vec![T::Equals(json!(null))]),
            (json!({"a__b__0": 1}), keys(&["a", "b", "0"]), vec![T::Equals(json!(1))]),
            (json!({"a___b": 1}), keys(&["a", "_b"]), vec![T::Equals(json!(1))]),
            (json!({"team__": 1}), keys(&["team", ""]), vec![T::Equals(json!(1))]),
            (json!({"": 1}), keys(&[""]), vec![T::Equals(json!(1))]),
            (json!({"team__almost": 1}), keys(&["team", "almost"]), vec![T::Equals(json!(1))]),
            (json!({"in__x": 1}), keys(&["in", "x"]), vec![T::Equals(json!(1))]),
            (json!({"5": 1}), vec![PathSegment::Index(5)], vec![T::Equals(json!(1))]),
            (json!({"a__exact": 1}), keys(&["a"]), vec![T::Equals(json!(1))]),
            (json!({"a__iexact": "X"}), keys(&["a"]), vec![text(TextPosition::Whole, "X", true)]),
            (json!({"a__iexact": null}), keys(&["a"]), vec![T::IsAbsent(true)]),
            (json!({"a__icontains": 1.5}), keys(&["a"]), vec![text(TextPosition::Anywhere, "1.5", true)]),
            (json!({"a__startswith": true}), keys(&["a"]), vec![text(TextPosition::Start, "True", false)]),
            (json!({"a__in": [1, null, "x"]}), keys(&["a"]), vec![T::EqualsAny(vec![json!(1), json!("x")])]),
            (json!({"a__isnull": false}), keys(&["a"]), vec![T::IsAbsent(false)]),
            (json!({"has_keys": ["a", 1]}), keys(&[]), vec![T::HasKeys(vec!["a".into(), "1".into()])]),
            (json!({"contains": {"a": 1}}), keys(&[]), vec![T::Contains(json!({"a": 1}))]),
            (
                json!({"a__range": [1, 2]}),
                keys(&["a"]),
                vec![
                    T::Compares(Comparison::GreaterOrEqual, json!(1)),
                    T::Compares(Comparison::LessOrEqual, json!(2)),
                ],
            ),
        ] {
            let expected = tests.into_iter().map(|test| AttributeCondition { path: path.clone(), test });
            assert_eq!(read_text(&filter.to_string()), Ok(expected.collect()), "{filter}");
        }
        assert_eq!(read_text(r#" {"a": 1, "a": -0} "#).unwrap()[0].test, T::Equals(json!(0)));
        assert_eq!(conditions(None).unwrap(), []);
        assert_eq!(read_text("{}"), Ok(vec![]));
    }

    #[test]
    fn other_filters_are_invalid() {
        let deep = format!("{}1{}", "{\"a\":".repeat(300), "}".repeat(300));
        for (filter, message) in [
            ("{team:red}", "filter: failed to parse JSON"),
            ("{\"a\": NaN}", "filter: failed to parse JSON"),
            (&deep, "filter: failed to parse JSON"),
            ("[1]", "filter: value must be key:value mapping"),
            ("null", "filter: value must be key:value mapping"),
            (r#"{"a": ["\u0000"]}"#, "filter: Null characters are not allowed."),
            (r#"{"\u0000": 1}"#, "filter: Null characters are not allowed."),
            (r#"{"k__isnull": "yes"}"#, "filter: \"k__isnull\" needs true or false"),
            (r#"{"k__in": "red"}"#, "filter: \"k__in\" needs a list"),
            (r#"{"has_key": 1}"#, "filter: \"has_key\" needs a text"),
            (r#"{"k__gt": null}"#, "filter: \"k__gt\" needs a value other than null"),
            (r#"{"k__range": [1]}"#, "filter: \"k__range\" needs a list of two values other than null"),
            (r#"{"k__regex": "a"}"#, {
                "filter: \"k__regex\" needs another lookup: regular expressions are not supported"
            }),
        ] {
            assert_eq!(read_text(filter), Err(json!([message])), "{filter}");
        }
    }
}
