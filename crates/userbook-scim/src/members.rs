//! Members of a request's objects. Their names have no case (RFC 7643 §2.1): of several spellings of one name the
//! greatest one in the order of bytes counts, whatever order the map has. That of the request is lost.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Map, Value};

/// Returns the member of this name.
pub(crate) fn member<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    find(members, name).map(|(_, value)| value)
}

/// Removes the member of this name.
pub(crate) fn take_member(members: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let (key, _) = find(members, name)?;
    let key = key.clone();
    members.remove(&key)
}

/// Returns the members that count.
pub(crate) fn counting_members(members: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    let ignored = ignored(&members);
    members.into_iter().filter(move |(name, _)| !ignored.contains(name))
}

/// Returns the names with a greater spelling.
fn ignored(members: &Map<String, Value>) -> BTreeSet<String> {
    let (mut greatest, mut ignored) = (BTreeMap::new(), BTreeSet::new());
    if members.len() > 1 {
        for name in members.keys() {
            let other = greatest.entry(Uncased(name)).or_insert(name);
            let (smaller, greater) = if name < *other { (name, *other) } else { (*other, name) };
            if smaller != greater {
                ignored.insert(smaller.clone());
            }
            *other = greater;
        }
    }
    ignored
}

/// A name without case.
#[derive(Debug)]
struct Uncased<'n>(&'n str);

impl Uncased<'_> {
    fn letters(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|letter| letter.to_ascii_lowercase())
    }
}

impl Ord for Uncased<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.letters().cmp(other.letters())
    }
}

impl PartialOrd for Uncased<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Uncased<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Uncased<'_> {}

fn find<'m>(members: &'m Map<String, Value>, name: &str) -> Option<(&'m String, &'m Value)> {
    members
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .max_by(|(one, _), (other, _)| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        ScimLimits, Strictness,
        patch::{group_patch, read},
        resource::canonical_resource,
        schema::ResourceSchema,
    };

    /// A PUT, a PATCH with a path and one without have one member of several spellings.
    #[test]
    fn the_greatest_spelling_of_a_name_counts() {
        let (schema, limits, lenient) =
            (ResourceSchema::group(), ScimLimits::default(), Strictness::lenient());
        for (object, expected) in [
            (json!({"DISPLAYNAME": "a"}), Some("a")),
            (json!({"DISPLAYNAME": "a", "DisplayName": "b", "displayName": "c"}), Some("c")),
            (json!({"displayName": "a", "DisplayName": "b", "DISPLAYNAME": "c"}), Some("a")),
            (json!({"DISPLAYNAME": "a", "displayName": null}), None),
            (json!({"displayName": null, "DISPLAYNAME": "a"}), None),
            (json!({"DISPLAYNAME": null, "DisplayName": "b"}), Some("b")),
            (json!({"displayNames": "a"}), None),
        ] {
            let members = object.as_object().unwrap();
            assert_eq!(member(members, "displayName").and_then(Value::as_str), expected, "{object}");
            let counted: Vec<_> = counting_members(members.clone()).collect();
            assert_eq!(counted.len(), 1, "{object}");
            let mut taken = members.clone();
            let value = take_member(&mut taken, "displayName");
            assert_eq!(value.as_ref().and_then(Value::as_str), expected, "{object}");

            let document = canonical_resource(object.clone(), &schema, lenient, &limits).unwrap();
            assert_eq!(document.get("displayName").and_then(Value::as_str), expected, "{object}");
            let named = expected.unwrap_or("d");
            let with_path =
                json!({"op": "add", "PATH": "x", "path": "displayName", "VALUE": "x", "value": named});
            for operation in [json!({"op": "add", "value": object}), with_path] {
                let body = json!({"Operations": [7], "operationS": [7], "operations": [operation]});
                let Ok(patch) = read(body, &schema, lenient, &limits) else {
                    assert_eq!(expected, None, "displayName is required: {object}");
                    continue;
                };
                let name = group_patch(&patch).unwrap().display_name;
                let name = name.as_ref().and_then(Value::as_str).filter(|name| *name != "d");
                assert_eq!(name, expected, "{object}");
            }
        }
    }
}
