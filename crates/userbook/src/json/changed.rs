//! The difference of two documents.

use serde_json::{Map, Value};

use super::identical;

/// Returns the differing parts of `old` and `new` for audit events. For two objects, the parts contain the differing
/// members, recursively; a member that exists on one side only is absent on the other. Arrays and scalars are
/// complete. Identical documents give two empty objects.
///
/// Merging the new part into `old`, and removing members that only the old part has, results in `new`.
pub(crate) fn changed_part(old: &Value, new: &Value) -> (Value, Value) {
    differing(old, new).unwrap_or_else(|| (Value::Object(Map::new()), Value::Object(Map::new())))
}

fn differing(old: &Value, new: &Value) -> Option<(Value, Value)> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => differing_members(old, new),
        _ if identical(old, new) => None,
        _ => Some((old.clone(), new.clone())),
    }
}

fn differing_members(old: &Map<String, Value>, new: &Map<String, Value>) -> Option<(Value, Value)> {
    let (mut old_part, mut new_part) = (Map::new(), Map::new());
    for (key, old_member) in old {
        match new.get(key) {
            Some(new_member) => {
                if let Some((old_member, new_member)) = differing(old_member, new_member) {
                    old_part.insert(key.clone(), old_member);
                    new_part.insert(key.clone(), new_member);
                }
            }
            None => {
                old_part.insert(key.clone(), old_member.clone());
            }
        }
    }
    for (key, new_member) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        new_part.insert(key.clone(), new_member.clone());
    }
    let differs = !(old_part.is_empty() && new_part.is_empty());
    differs.then_some((Value::Object(old_part), Value::Object(new_part)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn only_members_that_differ_remain() {
        for (old, new, old_part, new_part) in [
            (json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), json!({"b": 2}), json!({"b": 3})),
            (json!({"a": 1}), json!({"b": 1}), json!({"a": 1}), json!({"b": 1})),
            (json!({"a": 1}), json!({"a": 1.0}), json!({"a": 1}), json!({"a": 1.0})),
            (json!({"a": [1, 2]}), json!({"a": [1, 3]}), json!({"a": [1, 2]}), json!({"a": [1, 3]})),
            (json!({"a": {"b": 1}}), json!({"a": {}}), json!({"a": {"b": 1}}), json!({"a": {}})),
            (json!({"a": {"b": 1}}), json!({"a": 5}), json!({"a": {"b": 1}}), json!({"a": 5})),
            (
                json!({"a": {"b": 1, "c": {"d": 1, "e": 2}}, "f": 0}),
                json!({"a": {"b": 1, "c": {"d": 1}}, "f": 0}),
                json!({"a": {"c": {"e": 2}}}),
                json!({"a": {"c": {}}}),
            ),
            (json!({"a": 1}), json!({"a": 1}), json!({}), json!({})),
            (json!("odd"), json!({"a": 1}), json!("odd"), json!({"a": 1})),
            (json!([1]), json!([1]), json!({}), json!({})),
        ] {
            assert_eq!(changed_part(&old, &new), (old_part, new_part), "{old} {new}");
        }
    }

    /// Applies a change to the document from which it was made.
    fn apply(document: &mut Value, old_part: &Value, new_part: &Value) {
        let (Value::Object(members), Value::Object(old), Value::Object(new)) =
            (&mut *document, old_part, new_part)
        else {
            *document = new_part.clone();
            return;
        };
        members.retain(|key, _| !old.contains_key(key) || new.contains_key(key));
        for (key, new) in new {
            match (members.get_mut(key), old.get(key)) {
                (Some(member), Some(old)) => apply(member, old, new),
                _ => {
                    members.insert(key.clone(), new.clone());
                }
            }
        }
    }

    fn document() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            (0..2).prop_map(Value::from),
            Just(json!(1.0)),
            "[ab]{0,1}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[abc]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_changed_part_applied_gives_the_new_document(old in document(), new in document()) {
            let (old_part, new_part) = changed_part(&old, &new);
            let mut document = old.clone();
            if !identical(&old, &new) {
                apply(&mut document, &old_part, &new_part);
            }
            prop_assert!(identical(&document, &new), "{document} {new}");
            // The reverse change restores the old document.
            if !identical(&old, &new) {
                apply(&mut document, &new_part, &old_part);
            }
            prop_assert!(identical(&document, &old), "{document} {old}");
        }
    }
}
