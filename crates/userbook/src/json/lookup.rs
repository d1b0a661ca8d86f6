//! Values inside of a JSON document.

use serde_json::Value;

/// A step from a JSON value to a value inside of it.
///
/// Exhaustive: JSON has no other containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSegment {
    /// A key of an object, or the decimal index of an array; a negative index counts from the end.
    Key(String),
    /// The index of an array; a negative index counts from the end. Not a key.
    Index(i64),
}

/// Returns the value at a path, like `PostgreSQL`'s `#>`.
pub(crate) fn at_path<'v>(value: &'v Value, path: &[PathSegment]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, segment| match (value, segment) {
        (Value::Object(object), PathSegment::Key(key)) => object.get(key),
        (Value::Array(list), PathSegment::Key(key)) => element(list, key.parse().ok()?),
        (Value::Array(list), PathSegment::Index(index)) => element(list, *index),
        _ => None,
    })
}

fn element(list: &[Value], index: i64) -> Option<&Value> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    let index = if index < 0 { list.len().checked_sub(distance)? } else { distance };
    list.get(index)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_name_members_and_elements() {
        let document = json!({"a": {"b": 1, "0": 2}, "list": [10, [20], 30]});
        for (path, expected) in [
            ("", Some(document.clone())),
            ("a.b", Some(json!(1))),
            ("a.0", Some(json!(2))),
            ("a.c", None),
            ("a.b.c", None),
            ("list.0", Some(json!(10))),
            ("list.1.0", Some(json!(20))),
            ("list.-1", Some(json!(30))),
            ("list.-4", None),
            ("list.3", None),
            ("list.x", None),
        ] {
            let keys = path.split('.').filter(|key| !key.is_empty());
            let path: Vec<_> = keys.map(|key| PathSegment::Key(key.to_owned())).collect();
            assert_eq!(at_path(&document, &path), expected.as_ref(), "{path:?}");
        }
        assert_eq!(at_path(&json!([1, 2]), &[PathSegment::Index(-1)]), Some(&json!(2)));
        assert_eq!(at_path(&json!({"0": 1}), &[PathSegment::Index(0)]), None);
    }
}
