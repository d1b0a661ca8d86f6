//! PATCH of groups.

use super::*;

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
