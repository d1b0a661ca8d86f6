//! Random patches have the outcome that the json-patch crate gives them.

use ::json_patch::Patch;
use proptest::prelude::*;

use super::*;

fn document() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![Just(Value::Null), (0..3).prop_map(Value::from), "[ab]?".prop_map(Value::from)];
    scalar.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab/~]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn pointer() -> impl Strategy<Value = String> {
    let token = prop_oneof![4 => "[ab]", 2 => "[0-3]", 1 => Just("-".to_owned()), 1 => "~[01]"];
    prop::collection::vec(token, 1..4).prop_map(|tokens| format!("/attributes/{}", tokens.join("/")))
}

fn operation() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (pointer(), document()).prop_map(|(path, value)| json!({"op": "add", "path": path, "value": value})),
        1 => (pointer(), document())
            .prop_map(|(path, value)| json!({"op": "replace", "path": path, "value": value})),
        1 => pointer().prop_map(|path| json!({"op": "remove", "path": path})),
        2 => (pointer(), pointer()).prop_map(|(from, path)| json!({"op": "copy", "from": from, "path": path})),
        2 => (pointer(), pointer()).prop_map(|(from, path)| json!({"op": "move", "from": from, "path": path})),
        1 => (pointer(), document()).prop_map(|(path, value)| json!({"op": "test", "path": path, "value": value})),
    ]
}

proptest! {
    #[test]
    fn operations_agree_with_the_json_patch_crate(
        members in prop::collection::btree_map("[ab]", document(), 0..3),
        patch in prop::collection::vec(operation(), 1..5),
    ) {
        let stored = Value::Object(members.into_iter().collect());
        let patch = Value::from(patch);
        let parsed: Patch = serde_json::from_value(patch.clone()).unwrap();
        let mut expected = json!({ "attributes": stored });
        let outcome = ::json_patch::patch_unsafe(&mut expected, &parsed);
        let ops = apply_to(stored.clone(), patch, &Policy::hardened());
        prop_assert_eq!(ops.is_ok(), outcome.is_ok(), "{:?} {:?}", ops, outcome);
        if let Ok(ops) = ops {
            let after = match ops.attributes {
                Op::Set(AttributesOp::Replace(attributes)) => attributes.into(),
                _ => stored,
            };
            prop_assert_eq!(&after, &expected["attributes"]);
        }
    }
}
