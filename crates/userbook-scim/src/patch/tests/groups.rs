//! PATCH of groups.

use std::collections::BTreeSet;

use super::*;
use crate::schema::GROUP;

#[test]
fn members_of_groups_change_as_deltas() {
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let delta =
        |add: &[&str], remove: &[&str]| MembersChange { replaces: false, add: set(add), remove: set(remove) };
    for (operations, expected) in [
        (
            json!([{"op": "add", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}]),
            delta(&["a", "b"], &[]),
        ),
        (json!([{"op": "Add", "path": "members", "value": {"value": "a"}}]), delta(&["a"], &[])),
        (json!([{"op": "remove", "path": "members[value eq \"a\"]"}]), delta(&[], &["a"])),
        (
            json!([{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]),
            delta(&[], &["a", "b"]),
        ),
        (json!([{"op": "remove", "path": "members", "value": [{"value": "a"}]}]), delta(&[], &["a"])),
        (
            json!([{"op": "add", "path": "members", "value": [{"value": "a"}]}, {"op": "remove", "path": "members[value eq \"a\"]"}]),
            delta(&[], &["a"]),
        ),
        (json!([{"op": "remove", "path": "members"}]), MembersChange::replace(set(&[]))),
        (json!([{"op": "remove", "path": "members", "value": null}]), MembersChange::replace(set(&[]))),
        (json!([{"op": "replace", "path": "members", "value": []}]), MembersChange::replace(set(&[]))),
        (json!([{"op": "replace", "path": "members", "value": null}]), MembersChange::replace(set(&[]))),
        (json!([{"op": "remove", "path": "members", "value": []}]), delta(&[], &[])),
        // Ids are the same in upper and lower case.
        (
            json!([{"op": "remove", "path": "members[value eq \"ab\"]"}, {"op": "add", "path": "members", "value": [{"value": "AB"}]}]),
            delta(&["ab"], &[]),
        ),
        (
            json!([{"op": "replace", "path": "members", "value": [{"value": "a"}]}]),
            MembersChange::replace(set(&["a"])),
        ),
        (json!([{"op": "replace", "value": {"id": "g", "displayName": "x"}}]), delta(&[], &[])),
        (
            json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": [{"value": "a"}]}]),
            MembersChange::replace(set(&["a"])),
        ),
    ] {
        let body = json!({"schemas": [OP], "Operations": operations});
        let schema = ResourceSchema::group();
        let patch = read(body, &schema, Strictness::lenient(), &ScimLimits::default()).unwrap();
        assert_eq!(group_patch(&patch).unwrap().members, expected, "{operations}");
    }
}

/// A value without ids neither empties a group nor drops the members that it does not identify.
#[test]
fn members_without_ids_are_invalid() {
    for value in [
        json!([{"display": "Ada"}]),
        json!([{}]),
        json!([null]),
        json!([{"value": null}]),
        json!({"display": "Ada"}),
        json!({}),
        json!([{"value": "a"}, {"display": "Bo"}]),
        json!([{"type": "User"}]),
    ] {
        for op in ["add", "replace"] {
            for operation in [
                json!({"op": op, "path": "members", "value": value}),
                json!({"op": op, "path": format!("{GROUP}:members"), "value": value}),
                json!({"op": op, "value": {"Members": value}}),
            ] {
                for strictness in [Strictness::strict(), Strictness::lenient()] {
                    let body = json!({"schemas": [OP], "Operations": [operation]});
                    let patch = read(body, &ResourceSchema::group(), strictness, &ScimLimits::default());
                    let error = patch.and_then(|patch| group_patch(&patch)).unwrap_err();
                    assert_eq!(error.scim_type, Some(ScimType::InvalidValue), "{operation}");
                }
            }
        }
    }
}

#[test]
fn a_new_value_of_a_selected_member_requires_the_member() {
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<String>>();
    let replace = || json!({"op": "replace", "path": "members[value eq \"A\"]", "value": {"value": "b"}});
    let either = "members[value eq \"a\" or value eq \"c\"]";
    let member = |op: &str| json!({"op": op, "path": "members", "value": [{"value": "a"}]});
    for (operations, expected) in [
        (json!([replace()]), vec![set(&["a"])]),
        (json!([{"op": "add", "path": either, "value": {"value": "b"}}]), vec![set(&["a", "c"])]),
        (json!([{"op": "remove", "path": either}]), vec![]),
        // The operations before decide, too.
        (json!([member("add"), replace()]), vec![]),
        (json!([member("replace"), replace()]), vec![]),
        (json!([replace(), member("replace")]), vec![set(&["a"])]),
        (json!([{"op": "remove", "path": "members[value eq \"a\"]"}, replace()]), vec![set(&[])]),
        (json!([{"op": "remove", "path": "members"}, replace()]), vec![set(&[])]),
    ] {
        let selected = |strictness| {
            let body = json!({"schemas": [OP], "Operations": operations});
            let patch = read(body, &ResourceSchema::group(), strictness, &ScimLimits::default()).unwrap();
            group_patch(&patch).unwrap().selected
        };
        assert_eq!(selected(Strictness::strict()), expected, "{operations}");
        assert_eq!(selected(Strictness::lenient()), Vec::<BTreeSet<String>>::new(), "{operations}");
    }
}

#[test]
fn a_group_keeps_a_name() {
    for (operations, expected) in [
        (json!([{"op": "replace", "path": "displayName", "value": null}]), Err(Some(ScimType::Mutability))),
        (
            json!([{"op": "replace", "path": "displayName", "value": "x"}, {"op": "replace", "value": {"displayName": null}}]),
            Err(Some(ScimType::Mutability)),
        ),
        (json!([{"op": "remove", "path": "displayName"}]), Err(Some(ScimType::Mutability))),
        (json!([{"op": "replace", "path": "displayName", "value": "x"}]), Ok(Some("x".into()))),
        (json!([{"op": "add", "path": "members", "value": [{"value": "a"}]}]), Ok(None)),
    ] {
        let body = json!({"schemas": [OP], "Operations": operations});
        let patch = read(body, &ResourceSchema::group(), Strictness::lenient(), &ScimLimits::default());
        let changes = patch.and_then(|patch| group_patch(&patch));
        let name = changes.map(|changes| changes.display_name).map_err(|error| error.scim_type);
        assert_eq!(name, expected, "{operations}");
    }
}
