use serde_json::{Value, json};

use super::*;
use crate::{Mapping, error::ScimType, limits::ScimLimits, resource::Document, schema::ResourceSchema};

const URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn object(value: &Value) -> Document {
    value.as_object().cloned().unwrap()
}

fn stored() -> Document {
    object(&json!({
        "userName": "ada", "active": true, "displayName": "Ada",
        "name": {"givenName": "Ada", "familyName": "L"},
        "emails": [
            {"value": "w@x.org", "type": "work", "primary": true},
            {"value": "h@x.org", "type": "home"},
        ],
        URN: {"department": "R&D", "manager": {"value": "9"}},
    }))
}

fn patched(operations: &Value, strictness: Strictness) -> Result<Document, (u16, Option<ScimType>)> {
    let body = json!({"schemas": [OP], "Operations": operations});
    let schema = Mapping::default().schema;
    let run = || {
        let patch = read(body, &schema, strictness, &ScimLimits::default())?;
        let mut document = stored();
        apply(&patch, &mut document)?;
        Ok::<_, crate::error::ScimError>(document)
    };
    run().map_err(|error| (error.status.as_u16(), error.scim_type))
}

/// Changes the stored document by members; null removes one.
fn with(changes: &Value) -> Document {
    let mut document = stored();
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => _ = document.remove(key),
            value => _ = document.insert(key.clone(), value.clone()),
        }
    }
    document
}

fn assert_both(operation: &Value, changes: &Value) {
    for strictness in [Strictness::strict(), Strictness::lenient()] {
        assert_eq!(patched(&json!([operation]), strictness), Ok(with(changes)), "{operation}");
    }
}

#[test]
fn operations_of_rfc_7644() {
    let home = || json!({"value": "h@x.org", "type": "home"});
    let work = || json!({"value": "w@x.org", "type": "work", "primary": true});
    for (operation, changes) in [
        (json!({"op": "replace", "path": "displayName", "value": "B"}), json!({"displayName": "B"})),
        (
            json!({"op": "add", "value": {"displayName": "B", "title": "Dr"}}),
            json!({"displayName": "B", "title": "Dr"}),
        ),
        (json!({"op": "remove", "path": "displayName"}), json!({"displayName": null})),
        (
            json!({"op": "replace", "path": "name", "value": {"familyName": "K"}}),
            json!({"name": {"givenName": "Ada", "familyName": "K"}}),
        ),
        (
            json!({"op": "replace", "path": "name.familyName", "value": "K"}),
            json!({"name": {"givenName": "Ada", "familyName": "K"}}),
        ),
        (json!({"op": "remove", "path": "name.familyName"}), json!({"name": {"givenName": "Ada"}})),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "o@x.org", "type": "other"}]}),
            json!({"emails": [work(), home(), {"value": "o@x.org", "type": "other"}]}),
        ),
        (json!({"op": "add", "path": "emails", "value": [home()]}), json!({})),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "o@x.org", "primary": true}]}),
            json!({"emails": [
                {"value": "w@x.org", "type": "work", "primary": false}, home(), {"value": "o@x.org", "primary": true},
            ]}),
        ),
    ] {
        assert_both(&operation, &changes);
    }
}

#[test]
fn operations_on_selected_values_and_extensions() {
    let home = || json!({"value": "h@x.org", "type": "home"});
    let work = || json!({"value": "w@x.org", "type": "work", "primary": true});
    for (operation, changes) in [
        (json!({"op": "replace", "path": "emails", "value": [home()]}), json!({"emails": [home()]})),
        (json!({"op": "remove", "path": "emails[type eq \"home\"]"}), json!({"emails": [work()]})),
        (json!({"op": "remove", "path": "emails[value sw \"x\"]"}), json!({})),
        (json!({"op": "remove", "path": "emails"}), json!({"emails": null})),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "n@x.org"}),
            json!({"emails": [work(), {"value": "n@x.org", "type": "home"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "n@x.org"}}),
            json!({"emails": [work(), {"value": "n@x.org"}]}),
        ),
        (
            json!({"op": "add", "path": "emails[type eq \"home\"]", "value": {"display": "H"}}),
            json!({"emails": [work(), {"value": "h@x.org", "type": "home", "display": "H"}]}),
        ),
        (
            json!({"op": "replace", "path": format!("{URN}:department"), "value": "Ops"}),
            json!({URN: {"department": "Ops", "manager": {"value": "9"}}}),
        ),
        (
            json!({"op": "add", "value": {URN: {"division": "D"}}}),
            json!({URN: {"department": "R&D", "manager": {"value": "9"}, "division": "D"}}),
        ),
        (json!({"op": "remove", "path": format!("{URN}:manager")}), json!({URN: {"department": "R&D"}})),
        (json!({"op": "remove", "path": URN}), json!({URN: null})),
        (json!({"op": "replace", "path": "USERNAME", "value": "bo"}), json!({"userName": "bo"})),
    ] {
        assert_both(&operation, &changes);
    }
}

#[test]
fn forms_of_vendors_are_lenient() {
    let work = |value: &str| json!({"value": value, "type": "work", "primary": true});
    let home = || json!({"value": "h@x.org", "type": "home"});
    let phone = json!([{"type": "mobile", "value": "1"}]);
    for (operation, changes) in [
        // Entra
        (json!({"op": "Replace", "path": "active", "value": "False"}), json!({"active": false})),
        (
            json!({"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"}),
            json!({"phoneNumbers": phone}),
        ),
        (
            json!({"op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"}),
            json!({"phoneNumbers": phone}),
        ),
        (
            json!({"op": "Add", "value": {"name.familyName": "K", "emails[type eq \"work\"].value": "n@x.org"}}),
            json!({"name": {"givenName": "Ada", "familyName": "K"}, "emails": [work("n@x.org"), home()]}),
        ),
        (
            json!({"op": "Replace", "value": {format!("{URN}:department"): "Ops"}}),
            json!({URN: {"department": "Ops", "manager": {"value": "9"}}}),
        ),
        (
            json!({"op": "Replace", "path": format!("{URN}:manager"), "value": "7"}),
            json!({URN: {"department": "R&D", "manager": {"value": "7"}}}),
        ),
        (json!({"op": "replace", "path": "displayName", "value": ["B"]}), json!({"displayName": "B"})),
        (
            json!({"op": "Replace", "path": "displayName", "value": {"value": "B"}}),
            json!({"displayName": "B"}),
        ),
        (
            json!({"op": "Remove", "path": "emails", "value": [{"value": "w@x.org"}]}),
            json!({"emails": [home()]}),
        ),
        // Okta
        (
            json!({"op": "replace", "value": {"id": "7", "active": false, "unknown": 1}}),
            json!({"active": false}),
        ),
        // OneLogin
        (
            json!({"op": "replace", "path": "department", "value": "Ops"}),
            json!({URN: {"department": "Ops", "manager": {"value": "9"}}}),
        ),
        (json!({"op": "replace", "path": "title", "value": 7}), json!({"title": "7"})),
        (json!({"op": "replace", "path": "title", "value": null}), json!({})),
        (json!({"op": "replace", "path": "displayName", "value": null}), json!({"displayName": null})),
    ] {
        assert_eq!(patched(&json!([operation]), Strictness::lenient()), Ok(with(&changes)), "{operation}");
    }
}

#[test]
fn rejected_operations_have_the_keyword_of_the_rfc() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    let both = [Strictness::strict(), Strictness::lenient()];
    let strict = &both[..1];
    for (operation, keyword, policies) in [
        (json!({"op": "remove"}), NoTarget, &both[..]),
        (json!({"op": "move", "path": "title"}), InvalidSyntax, &both),
        (json!({"op": "replace", "path": "nope", "value": 1}), InvalidPath, &both),
        (json!({"op": "replace", "path": "name.nope", "value": 1}), InvalidPath, &both),
        (json!({"op": "replace", "path": "emails[", "value": 1}), InvalidPath, &both),
        (json!({"op": "replace", "path": "title[type eq \"x\"]", "value": 1}), InvalidPath, &both),
        (json!({"op": "replace", "path": "id", "value": "x"}), Mutability, &both),
        (json!({"op": "add", "path": "groups", "value": [{"value": "x"}]}), Mutability, &both),
        (json!({"op": "replace", "path": "meta.version", "value": "x"}), Mutability, &both),
        (json!({"op": "remove", "path": "userName"}), Mutability, &both),
        (json!({"op": "replace", "path": "active", "value": "maybe"}), InvalidValue, &both),
        (json!({"op": "replace", "path": "title", "value": {"a": 1}}), InvalidValue, &both),
        (json!({"op": "replace", "path": "displayName"}), InvalidValue, &both),
        (json!({"op": "replace", "value": "x"}), InvalidValue, &both),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
            InvalidValue,
            &both,
        ),
        (json!({"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x"}), NoTarget, strict),
        (json!({"op": "Replace", "path": "title", "value": "x"}), InvalidSyntax, strict),
        (json!({"op": "replace", "path": "active", "value": "True"}), InvalidValue, strict),
        (json!({"op": "replace", "value": {"unknown": 1}}), InvalidPath, strict),
    ] {
        for policy in policies {
            let error = patched(&json!([operation]), *policy);
            assert_eq!(error, Err((400, Some(keyword))), "{operation} {policy:?}");
        }
    }
    assert_ne!(InvalidFilter, InvalidPath);
}

#[test]
fn operations_are_bounded() {
    let many: Vec<Value> = (0..1001).map(|_| json!({"op": "remove", "path": "title"})).collect();
    assert_eq!(patched(&Value::Array(many), Strictness::lenient()), Err((413, None)));
    // A long text for each of many values.
    let emails: Vec<Value> = (0..3000).map(|n| json!({"value": format!("{n}@x.org")})).collect();
    let bomb = json!([
        {"op": "add", "path": "emails", "value": emails},
        {"op": "replace", "path": "emails.display", "value": "x".repeat(10_000)},
    ]);
    assert_eq!(patched(&bomb, Strictness::lenient()), Err((413, None)));
    assert_eq!(patched(&json!([]), Strictness::lenient()), Ok(stored()));
}

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

mod laws {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-zT]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 3, |inner| {
            let key = prop_oneof![
                Just("value".to_owned()),
                Just("primary".to_owned()),
                Just("title".to_owned()),
                "[a-z.]{1,6}"
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..3)
                    .prop_map(|it| Value::Object(it.into_iter().collect())),
            ]
        })
    }

    fn path() -> impl Strategy<Value = Value> {
        let known = [
            "title",
            "active",
            "name",
            "name.givenName",
            "emails",
            "emails.display",
            "emails[type eq \"work\"]",
            "emails[type eq \"none\"].value",
            "emails[primary eq true].value",
            "members",
            "id",
            "",
            "x",
            "[",
            "addresses",
        ];
        prop_oneof![prop::sample::select(known.to_vec()).prop_map(Value::from), value()]
    }

    proptest! {
        /// A PATCH either fails with a client error or leaves a document that the schema admits.
        #[test]
        fn any_patch_fails_or_leaves_a_valid_document(
            operations in prop::collection::vec(
                (prop::sample::select(vec!["add", "replace", "remove", "Add"]), path(), value(), any::<bool>()),
                0..4,
            ),
            is_strict in any::<bool>(),
        ) {
            let operation = |(op, path, value, has_path): (&str, Value, Value, bool)| {
                if has_path { json!({"op": op, "path": path, "value": value}) } else { json!({"op": op, "value": value}) }
            };
            let operations: Value = operations.into_iter().map(operation).collect();
            let strictness = if is_strict { Strictness::strict() } else { Strictness::lenient() };
            match patched(&operations, strictness) {
                Err((status, _)) => prop_assert!((400..500).contains(&status), "{status}"),
                Ok(document) => {
                    let normalizer = crate::resource::Normalizer { strictness: Strictness::strict() };
                    let schema = Mapping::default().schema;
                    for (name, value) in &document {
                        let Some(located) = schema.attribute(None, name) else { continue };
                        let canonical = normalizer.value(value.clone(), located.attribute).map_err(|error| error.detail);
                        prop_assert_eq!(canonical, Ok(Some(value.clone())), "{}", name);
                    }
                    prop_assert!(document.contains_key("userName"));
                }
            }
        }
    }
}
