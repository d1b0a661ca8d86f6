//! What a patch makes of a user, and what it refuses.

mod laws;

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    field::Attributes,
    json::JsonObject,
    limits::Limits,
    model::{ChangeId, Group, GroupGraph, GroupId, Revision, User, UserId, UserType, parse_timestamp},
    update::{AttributesOp, GroupsOp, Mode, Op, UserUpdate},
    violation::ViolationKind,
};

const ADMINS: GroupId = GroupId(Uuid::from_u128(7));

fn user(attributes: Value) -> User {
    User {
        id: UserId(1),
        uuid: Uuid::nil(),
        username: "ada".into(),
        name: "Ada".into(),
        email: "odd".into(),
        is_active: true,
        last_login: parse_timestamp("2024-01-02T03:04:05.000006Z"),
        path: "/odd/".into(),
        user_type: UserType::Internal,
        attributes: attributes.into(),
        groups: [ADMINS].into(),
        password_change_date: parse_timestamp("2024-01-02T03:04:05Z").unwrap(),
        revision: Revision::from(ChangeId(Uuid::nil())),
        version: 1,
        ..User::example()
    }
}

fn groups() -> GroupGraph {
    let name = "admins".to_owned();
    let admins = Group {
        id: ADMINS,
        name,
        is_superuser: true,
        parent: None,
        attributes: json!({}),
        ..Group::example()
    };
    [admins].into_iter().collect()
}

fn update(patch: Value) -> UserUpdate {
    UserUpdate::json_patch(serde_json::from_value(patch).unwrap())
}

fn apply_to(attributes: Value, patch: Value, policy: &Policy) -> Result<FieldOps, PatchFailure> {
    update(patch).resolve(&user(attributes), &groups(), policy, &|_| true).map(std::borrow::Cow::into_owned)
}

fn apply(patch: Value) -> Result<FieldOps, PatchFailure> {
    apply_to(json!({"a": {"b": 1}, "list": [1, 2, 3]}), patch, &Policy::hardened())
}

/// The attributes after a patch that changes nothing else.
fn attributes(stored: Value, patch: Value) -> Value {
    let ops = apply_to(stored, patch, &Policy::hardened()).unwrap();
    match ops.attributes {
        Op::Set(AttributesOp::Replace(attributes)) => attributes.into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_field_with_the_stored_representation_is_kept() {
    let kept = FieldOps::new(Mode::Patch);
    for patch in [
        json!([]),
        json!([{"op": "test", "path": "/path", "value": "/odd/"}]),
        json!([{"op": "replace", "path": "/email", "value": "odd"}]),
        json!([{"op": "replace", "path": "/attributes/a/b", "value": 1}]),
        json!([{"op": "add", "path": "/attributes/x", "value": 1}, {"op": "remove", "path": "/attributes/x"}]),
        json!([{"op": "move", "from": "/name", "path": "/name"}]),
        json!([{"op": "remove", "path": "/name"}, {"op": "add", "path": "/name", "value": "Ada"}]),
    ] {
        assert_eq!(apply(patch.clone()), Ok(kept.clone()), "{patch}");
    }
    // Another representation of the same value is a change.
    let ops = apply(json!([{"op": "replace", "path": "/attributes/a/b", "value": 1.0}])).unwrap();
    assert!(matches!(ops.attributes, Op::Set(_)));
}

#[test]
fn changes_are_read_strictly() {
    let ops = apply(json!([
        {"op": "replace", "path": "/username", "value": 7},
        {"op": "remove", "path": "/name"},
        {"op": "replace", "path": "/is_active", "value": "yes"},
        {"op": "remove", "path": "/last_login"},
        {"op": "add", "path": "/groups/-", "value": "00000000-0000-0000-0000-000000000008"},
        {"op": "add", "path": "/attributes/c", "value": [1]},
        {"op": "replace", "path": "/path", "value": null},
        {"op": "replace", "path": "/type", "value": "robot"},
    ]))
    .unwrap();
    assert_eq!(ops.username, ViolationKind::InvalidString.into());
    assert_eq!(ops.name, ViolationKind::Required.into());
    assert_eq!(ops.is_active, ViolationKind::InvalidBoolean.into());
    assert_eq!(ops.last_login, Op::Null);
    assert!(matches!(&ops.groups, Op::Set(groups) if groups.named().len() == 2));
    let expected: JsonObject =
        json!({"a": {"b": 1}, "c": [1], "list": [1, 2, 3]}).as_object().cloned().unwrap();
    assert_eq!(ops.attributes, Op::Set(AttributesOp::Replace(Attributes::new(expected).unwrap())));
    assert_eq!(ops.email, Op::Keep);
    assert_eq!(ops.path, Op::Null);
    assert_eq!(ops.user_type, ViolationKind::InvalidChoice { input: "robot".into() }.into());
    let ops = apply(json!([{"op": "remove", "path": "/groups/0"}])).unwrap();
    assert!(matches!(&ops.groups, Op::Set(GroupsOp::Replace(groups)) if groups.elements().is_empty()));
}

#[test]
fn operations_follow_rfc_6902() {
    let stored = json!({"a": {"b": 0}, "list": [1, 2, 3], "x/y~": 0, "": 5});
    for (patch, expected) in [
        (json!({"op": "add", "path": "/attributes/list/1", "value": 9}), json!({"list": [1, 9, 2, 3]})),
        (json!({"op": "add", "path": "/attributes/list/3", "value": 9}), json!({"list": [1, 2, 3, 9]})),
        (json!({"op": "add", "path": "/attributes/list/-", "value": 9}), json!({"list": [1, 2, 3, 9]})),
        (json!({"op": "add", "path": "/attributes/a/b", "value": 9}), json!({"a": {"b": 9}})),
        (json!({"op": "add", "path": "/attributes/x~1y~0", "value": 9}), json!({"x/y~": 9})),
        (json!({"op": "add", "path": "/attributes/", "value": 9}), json!({"": 9})),
        (json!({"op": "replace", "path": "/attributes/list/0", "value": [8]}), json!({"list": [[8], 2, 3]})),
        (json!({"op": "remove", "path": "/attributes/list/0"}), json!({"list": [2, 3]})),
        (
            json!({"op": "copy", "from": "/attributes/a", "path": "/attributes/list/0"}),
            json!({"list": [{"b": 0}, 1, 2, 3]}),
        ),
        (json!({"op": "copy", "from": "/pk", "path": "/attributes/a/b"}), json!({"a": {"b": 1}})),
        (json!({"op": "copy", "from": "/name", "path": "/attributes/a/b"}), json!({"a": {"b": "Ada"}})),
        (
            json!({"op": "move", "from": "/attributes/list/2", "path": "/attributes/list/0"}),
            json!({"list": [3, 1, 2]}),
        ),
    ] {
        let mut after = stored.clone();
        ::json_patch::merge(&mut after, &expected);
        assert_eq!(attributes(stored.clone(), json!([patch])), after, "{patch}");
    }
}

#[test]
fn tests_see_what_get_shows_and_compare_by_value() {
    let policy = Policy::hardened();
    let stored = json!({"v": 1.0, "big": 1e16, "list": [1.0], "exact": 9_007_199_254_740_993_u64});
    for (path, value, holds) in [
        ("/attributes/v", json!(1), true),
        ("/attributes/big", json!(10_000_000_000_000_000_u64), true),
        ("/attributes/list", json!([1]), true),
        ("/attributes/exact", json!(9_007_199_254_740_992.0), false),
        ("/attributes/none", json!(null), false),
        ("/pk", json!(1), true),
        ("/pk", json!(2), false),
        ("/uuid", json!("00000000-0000-0000-0000-000000000000"), true),
        ("/is_superuser", json!(true), true),
        ("/password_change_date", json!("2024-01-02T03:04:05Z"), true),
        ("/last_login", json!("2024-01-02T03:04:05.000006Z"), true),
        ("/groups/0", json!(ADMINS.to_string()), true),
        ("/uid", json!("u-1"), true),
        ("/groups_obj/0/name", json!("admins"), true),
        ("/nope", json!(null), false),
    ] {
        let patch = json!([{"op": "test", "path": path, "value": value}]);
        let update = update(patch).with_read_only(|view| {
            let groups: Vec<_> = view.groups.iter().map(|view| json!({"name": view.group.name})).collect();
            // Names that the core knows are ignored.
            let members =
                json!({"uid": format!("u-{}", view.user.id), "groups_obj": groups, "pk": 2, "name": "x"});
            members.as_object().cloned().unwrap()
        });
        let outcome = update.resolve(&user(stored.clone()), &groups(), &policy, &|_| true);
        let expected = if holds {
            Ok(FieldOps::new(Mode::Patch))
        } else {
            Err(PatchFailure::TestFailed { operation: 0, path: path.into() })
        };
        assert_eq!(outcome.map(std::borrow::Cow::into_owned), expected, "{path} {value}");
    }
}

#[test]
fn tests_see_no_hidden_group() {
    let update = update(json!([{"op": "test", "path": "/groups_obj", "value": []}])).with_read_only(|view| {
        let names: Vec<&str> = view.groups.iter().map(|view| view.group.name.as_str()).collect();
        json!({ "groups_obj": names }).as_object().cloned().unwrap()
    });
    for shows in [true, false] {
        let outcome = update.resolve(&user(json!({})), &groups(), &Policy::hardened(), &|_| shows);
        assert_eq!(outcome.is_ok(), !shows);
    }
}

#[test]
fn the_whole_document_can_be_tested() {
    let document = json!({
        "pk": 1, "uuid": "00000000-0000-0000-0000-000000000000", "is_superuser": true,
        "password_change_date": "2024-01-02T03:04:05Z", "username": "ada", "name": "Ada", "email": "odd",
        "is_active": true, "last_login": "2024-01-02T03:04:05.000006Z", "path": "/odd/", "type": "internal",
        "groups": [ADMINS.to_string()], "attributes": {"a": {"b": 1.0}, "list": [1, 2, 3]},
    });
    let test = |value: &Value| apply(json!([{"op": "test", "path": "", "value": value}]));
    assert!(test(&document).is_ok());
    for (name, value) in [("name", json!("x")), ("pk", json!(2)), ("more", json!(1))] {
        let mut other = document.clone();
        other[name] = value;
        assert!(test(&other).is_err(), "{name}");
    }
    let mut fewer = document;
    fewer.as_object_mut().unwrap().remove("email");
    assert!(test(&fewer).is_err() && test(&json!([])).is_err());
}

#[test]
fn failures_name_operation_and_place() {
    let at = |operation, path: &str| PatchFailure::Inapplicable { operation, path: path.into() };
    for (patch, expected) in [
        (
            json!([{"op": "test", "path": "/name", "value": "Ada"}, {"op": "test", "path": "/name", "value": 1}]),
            PatchFailure::TestFailed { operation: 1, path: "/name".into() },
        ),
        (json!([{"op": "remove", "path": "/attributes/x"}]), at(0, "/attributes/x")),
        (json!([{"op": "replace", "path": "/attributes/x", "value": 1}]), at(0, "/attributes/x")),
        (json!([{"op": "add", "path": "/attributes/x/y", "value": 1}]), at(0, "/attributes/x/y")),
        (json!([{"op": "add", "path": "/attributes/a/b/c", "value": 1}]), at(0, "/attributes/a/b/c")),
        (json!([{"op": "add", "path": "/attributes/list/4", "value": 1}]), at(0, "/attributes/list/4")),
        (json!([{"op": "add", "path": "/attributes/list/01", "value": 1}]), at(0, "/attributes/list/01")),
        (json!([{"op": "remove", "path": "/attributes/list/-"}]), at(0, "/attributes/list/-")),
        (json!([{"op": "replace", "path": "", "value": {}}]), at(0, "")),
        (json!([{"op": "remove", "path": ""}]), at(0, "")),
        (json!([{"op": "copy", "from": "/name", "path": ""}]), at(0, "")),
        (json!([{"op": "copy", "from": "", "path": "/attributes/x"}]), at(0, "")),
        (json!([{"op": "copy", "from": "/attributes/x", "path": "/name"}]), at(0, "/attributes/x")),
        (json!([{"op": "copy", "from": "/name", "path": "/nick"}]), at(0, "/nick")),
        (json!([{"op": "move", "from": "/pk", "path": "/name"}]), at(0, "/pk")),
        (json!([{"op": "move", "from": "/name", "path": "/uuid"}]), at(0, "/uuid")),
        (
            json!([{"op": "move", "from": "/attributes/a", "path": "/attributes/a/b"}]),
            at(0, "/attributes/a/b"),
        ),
        (
            json!([{"op": "move", "from": "/attributes/list/0", "path": "/attributes/list/0/0"}]),
            at(0, "/attributes/list/0/0"),
        ),
        (
            json!([{"op": "remove", "path": "/name"}, {"op": "replace", "path": "/name", "value": "x"}]),
            at(1, "/name"),
        ),
    ] {
        assert_eq!(apply(patch.clone()).unwrap_err(), expected, "{patch}");
    }
    for name in ["is_superuser", "pk", "uuid", "password_change_date", "uid", "isActive", ""] {
        let path = format!("/{name}");
        for op in ["add", "replace", "remove"] {
            let write = json!([{"op": op, "path": path, "value": false}]);
            assert_eq!(apply(write).unwrap_err(), at(0, &path), "{op} {name}");
        }
    }
}

#[test]
fn secrets_cannot_be_copied_or_moved() {
    let policy = Policy::hardened().with_secret_attribute(["mfa", "seed"]);
    let stored = json!({"mfa": {"seed": "s", "kind": 1}});
    for (op, from, path, refused) in [
        ("copy", "/attributes/mfa/seed", "/attributes/x", true),
        ("move", "/attributes/mfa/seed", "/name", true),
        ("copy", "/attributes", "/attributes/x", true),
        ("move", "/attributes/mfa", "/attributes/x", true),
        ("copy", "/attributes/mfa/kind", "/attributes/x", false),
    ] {
        let patch = json!([{"op": op, "from": from, "path": path}]);
        let failure = PatchFailure::SecretSource { operation: 0, path: from.into() };
        assert_eq!(apply_to(stored.clone(), patch, &policy).err(), refused.then_some(failure), "{from}");
    }
    // The first operation cannot open a way for the second.
    let patch = json!([
        {"op": "copy", "from": "/attributes/mfa/kind", "path": "/attributes/mfa/seed/x"},
        {"op": "copy", "from": "/attributes/mfa/seed", "path": "/attributes/x"},
    ]);
    assert!(apply_to(json!({"mfa": {"seed": {"s": 1}, "kind": 1}}), patch, &policy).is_err());
}

#[test]
fn the_number_of_operations_is_limited() {
    let policy = Policy::hardened().with_limits(Limits { patch_operations: 2, ..Limits::default() });
    let test = json!({"op": "test", "path": "/name", "value": "Ada"});
    assert!(apply_to(json!({}), json!([test, test]), &policy).is_ok());
    let failure = apply_to(json!({}), json!([test, test, test]), &policy).unwrap_err();
    assert_eq!(failure, PatchFailure::TooManyOperations { limit: 2, count: 3 });
    assert_eq!(failure.to_string(), "patch exceeds 2 operations (got 3)");
}

fn repeat(count: usize, operation: impl Fn(usize) -> Value) -> Value {
    (0..count).map(operation).collect()
}

#[test]
fn copies_of_a_long_text_are_refused() {
    let Value::Array(mut patch) =
        repeat(18, |n| json!({"op": "copy", "from": "/attributes", "path": format!("/attributes/c{n}")}))
    else {
        panic!()
    };
    patch.insert(0, json!({"op": "add", "path": "/attributes/a", "value": "x".repeat(65_536)}));
    // 64 KiB, once more, and the second copy of 128 KiB exceeds 256 KiB.
    let failure = apply_to(json!({}), patch.into(), &Policy::hardened()).unwrap_err();
    assert_eq!(failure, PatchFailure::TooLarge { operation: 2, limit: 262_144 });
}

#[test]
fn doubling_of_objects_is_refused() {
    let doubling = |n| json!({"op": "copy", "from": "/attributes", "path": format!("/attributes/{n}")});
    let failure = apply(repeat(60, doubling)).unwrap_err();
    assert!(matches!(failure, PatchFailure::TooLarge { operation: 10..=14, .. }), "{failure:?}");
    let wide = |n| json!({"op": "copy", "from": "/groups", "path": format!("/attributes/{n}")});
    assert!(apply(repeat(60, wide)).is_ok());
}

#[test]
fn shifting_a_long_array_is_refused() {
    let stored = json!({"a": vec![0; 990_000], "b": 1});
    let zero = |_| json!({"op": "add", "path": "/attributes/a/0", "value": 0});
    let refused = |operation| Err(PatchFailure::TooLarge { operation, limit: 262_144 });
    let policy = Policy::hardened();
    assert_eq!(apply_to(stored.clone(), repeat(255, zero), &policy), refused(0));
    let first = json!([{"op": "remove", "path": "/attributes/a/0"}]);
    assert_eq!(apply_to(stored.clone(), first, &policy), refused(0));
    // Operations that do not visit the array pass, however large the document is.
    for patch in [
        json!([{"op": "test", "path": "/attributes/a/989999", "value": 0}]),
        json!([{"op": "replace", "path": "/attributes/b", "value": 2}]),
        json!([{"op": "add", "path": "/attributes/a/-", "value": 0}]),
        json!([{"op": "remove", "path": "/attributes/a/989999"}]),
        json!([{"op": "remove", "path": "/attributes/a"}]),
        json!([{"op": "replace", "path": "/name", "value": "x"}]),
    ] {
        assert!(apply_to(stored.clone(), patch.clone(), &policy).is_ok(), "{patch}");
    }
    // A test of a small value ends at the first difference.
    let patch = json!([{"op": "test", "path": "/attributes/a", "value": [0]}]);
    let failure = PatchFailure::TestFailed { operation: 0, path: "/attributes/a".into() };
    assert_eq!(apply_to(stored.clone(), patch, &policy), Err(failure));
    let patch = json!([{"op": "copy", "from": "/attributes/a", "path": "/attributes/c"}]);
    assert_eq!(apply_to(stored, patch, &policy), refused(0));
}

#[test]
fn the_result_nests_no_deeper_than_a_put_may() {
    let nested = |levels| (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }));
    let put = |levels| json!([{"op": "add", "path": "/attributes", "value": nested(levels)}]);
    assert!(matches!(apply(put(MAX_DEPTH)).unwrap().attributes, Op::Set(_)));
    let too_deep =
        |path: &str| Err(PatchFailure::TooDeep { operation: 0, path: path.into(), limit: MAX_DEPTH });
    assert_eq!(apply(put(MAX_DEPTH + 1)), too_deep("/attributes"));
    for (levels, is_refused) in
        [(MAX_DEPTH / 2 - 1, false), (MAX_DEPTH / 2, false), (MAX_DEPTH / 2 + 1, true)]
    {
        let inside = "/a".repeat(levels - 1);
        let path = format!("/attributes{inside}/x");
        let copy = json!([{"op": "copy", "from": "/attributes", "path": path}]);
        let outcome = apply_to(nested(levels), copy, &Policy::hardened());
        if is_refused {
            assert_eq!(outcome, too_deep(&path), "{levels}");
        } else {
            assert!(matches!(outcome.unwrap().attributes, Op::Set(_)), "{levels}");
        }
    }
}
