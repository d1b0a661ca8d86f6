//! Comparisons that name the field that differs.

use std::{collections::BTreeSet, fmt::Debug};

use serde::Serialize;
use serde_json::Value;

/// Returns one line for each field with different values: `email: expected "a@x", got "b@x"`. Values that are no
/// objects in JSON are one field without a name.
pub fn differences<T: Serialize>(actual: &T, expected: &T) -> Vec<String> {
    let json = |value: &T| serde_json::to_value(value).unwrap_or_else(|error| error.to_string().into());
    match (json(actual), json(expected)) {
        (Value::Object(actual), Value::Object(expected)) => {
            let names: BTreeSet<&String> = actual.keys().chain(expected.keys()).collect();
            let line = |name: &String| {
                let (actual, expected) = (actual.get(name), expected.get(name));
                let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), ToString::to_string);
                (actual != expected)
                    .then(|| format!("{name}: expected {}, got {}", text(expected), text(actual)))
            };
            names.into_iter().filter_map(line).collect()
        }
        (actual, expected) if actual != expected => vec![format!("expected {expected}, got {actual}")],
        _ => Vec::new(),
    }
}

/// Requires equal values, such as two [`User`](crate::User)s or two [`Event`](crate::event::Event)s, and names each
/// field that differs.
///
/// # Panics
/// Panics if the values differ.
#[track_caller]
pub fn assert_same<T: Serialize + PartialEq + Debug>(actual: &T, expected: &T) {
    if actual != expected {
        let differences = differences(actual, expected);
        let text = if differences.is_empty() {
            format!("expected {expected:?}, got {actual:?}")
        } else {
            differences.join("\n")
        };
        #[allow(clippy::panic, reason = "an assertion fails by panicking")]
        {
            panic!("the values differ\n{text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{User, UserId};

    #[test]
    fn each_field_that_differs_is_named() {
        let (one, other) =
            (User::example(), User { id: UserId(2), email: "Ada@example.com".into(), ..User::example() });
        assert_eq!(
            differences(&other, &one),
            ["email: expected \"ada@example.com\", got \"Ada@example.com\"", "id: expected 1, got 2"]
        );
        assert_eq!(differences(&one, &one), [""; 0]);
        assert_eq!(differences(&1, &2), ["expected 2, got 1"]);
        assert_same(&one, &User::example());
    }

    #[test]
    #[should_panic(expected = "the values differ\nname: expected \"Ada\", got \"\"")]
    fn an_assertion_names_the_field() {
        assert_same(&User { name: String::new(), ..User::example() }, &User::example());
    }
}
