//! Generators of requests: valid, invalid and random ones.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use userbook_tests::fixture::{ADMINS, CHIEFS, DEVS, STAFF, group_id};

/// The writable fields.
pub(crate) const FIELDS: [&str; 9] =
    ["username", "name", "is_active", "last_login", "groups", "email", "attributes", "path", "type"];

/// Any JSON of small depth.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        select(vec![
            "",
            " ",
            "0",
            "\0",
            "yes",
            "ann",
            "root",
            "a@b.co",
            "a//b",
            "internal",
            "2024-05-01T10:20"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A value that is probably valid for the field.
fn plausible(field: &'static str) -> BoxedStrategy<Value> {
    let texts = |texts: &[&'static str]| select(texts.to_vec()).prop_map(Value::from).boxed();
    match field {
        "username" => texts(&["ann", "ann2", " zoë ", "root", "boss", "x y"]),
        "name" => texts(&["", "Ann", "  Ann B", "山田 太郎"]),
        "is_active" => select(vec![json!(true), json!(false), json!("no"), json!(1)]).boxed(),
        "last_login" => select(vec![Value::Null, json!("2024-05-01"), json!("1999-1-1T1:1+05")]).boxed(),
        "groups" => vec(select(vec![ADMINS, CHIEFS, STAFF, DEVS, 0xbad]), 0..4)
            .prop_map(|groups| groups.into_iter().map(|group| json!(group_id(group))).collect())
            .boxed(),
        "email" => texts(&["", "ann@example.com", "a@localhost", " b@b.co ", "broken"]),
        "attributes" => prop_oneof![
            Just(json!({"team": "blue"})),
            Just(json!({"team": null, "settings": {"theme": null}})),
            any_json().prop_map(|value| json!({ "any": value })),
        ]
        .boxed(),
        "path" => texts(&["users", "a/b", " x ", "/", "a//b"]),
        _ => texts(&["internal", "external", "service_account", "internal_service_account", "robot"]),
    }
}

/// An object with some of the fields, most of them plausible.
pub(crate) fn body() -> impl Strategy<Value = Value> {
    let field = select(FIELDS.to_vec()).prop_flat_map(|name| {
        let value = prop_oneof![8 => plausible(name), 1 => any_json().boxed()];
        (Just(name.to_owned()), value)
    });
    vec(field, 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

/// A JSON Patch on the fields.
pub(crate) fn json_patch() -> impl Strategy<Value = Value> {
    let pointer = prop_oneof![
        select(FIELDS.to_vec()).prop_map(|name| format!("/{name}")),
        select(vec![
            "/attributes/team",
            "/attributes/settings",
            "/attributes/new",
            "/groups/-",
            "/groups/0",
            "",
            "/x"
        ])
        .prop_map(str::to_owned),
    ];
    let value = prop_oneof![select(FIELDS.to_vec()).prop_flat_map(plausible), any_json()];
    let names = select(vec!["add", "replace", "remove", "copy", "move", "test"]);
    let operation = (names, pointer.clone(), pointer, value)
        .prop_map(|(op, path, from, value)| json!({"op": op, "path": path, "from": from, "value": value}));
    vec(operation, 0..4).prop_map(Value::from)
}
