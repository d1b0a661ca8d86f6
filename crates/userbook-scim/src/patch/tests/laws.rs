//! Laws for any PATCH.

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
                let normalizer = crate::resource::Normalizer::new(Strictness::strict());
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
