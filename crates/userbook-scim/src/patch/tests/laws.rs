//! Laws for any PATCH.

use proptest::prelude::*;
use userbook::{User, model::ExternalSource, update::FieldOps};

use super::*;
use crate::resource::{Basis, Form, field_ops};

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
        "displayName",
        "externalId",
        "nickName",
        "department",
        "manager.value",
        URN,
        "id",
        "",
        "x",
        "[",
        "addresses",
    ];
    prop_oneof![prop::sample::select(known.to_vec()).prop_map(Value::from), value()]
}

fn operations() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "replace", "remove", "Add"]);
    let operation = (op, path(), value(), any::<bool>()).prop_map(|(op, path, value, has_path)| {
        if has_path {
            json!({"op": op, "path": path, "value": value})
        } else {
            json!({"op": op, "value": value})
        }
    });
    prop::collection::vec(operation, 0..4).prop_map(Value::from)
}

proptest! {
    /// A PATCH either fails with a client error or leaves a document that the schema admits.
    #[test]
    fn any_patch_fails_or_leaves_a_valid_document(
        operations in operations(),
        is_strict in any::<bool>(),
    ) {
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
    /// Attributes that no operation touches make no difference.
    #[test]
    fn the_touched_attributes_decide_what_a_patch_changes(
        operations in operations(),
        is_strict in any::<bool>(),
    ) {
        let strictness = if is_strict { Strictness::strict() } else { Strictness::lenient() };
        let [partial, whole] = both_ways(&json!(operations), strictness, &stored(&json!({"givenName": "A."})));
        prop_assert_eq!(partial, whole);
    }
}

fn stored(name: &Value) -> User {
    let attributes = json!({
        "title": "Engineer", "name": name, "department": "R&D", "manager": {"value": "9", "hidden": 1}, "other": [1],
        "emails": [{"value": "w@x.org", "type": "work"}, {"value": "h@x.org", "primary": true}],
    });
    User { name: "Ada B.".to_owned(), attributes: attributes.into(), ..User::example() }
}

type Changes = Result<FieldOps, String>;

/// Returns the changes of the attributes that the operations touch, and those of the whole resource.
fn both_ways(operations: &Value, strictness: Strictness, user: &User) -> [Changes; 2] {
    let body = json!({"schemas": [OP], "Operations": operations});
    let (mapping, source) = (Mapping::default(), "scim:okta".parse::<ExternalSource>().unwrap());
    let shown = |error: crate::error::ScimError| format!("{:?} {}", error.scim_type, error.detail);
    let Ok(patch) = read(body, &mapping.schema, strictness, &ScimLimits::default()) else {
        return [(); 2].map(|()| Err("not read".to_owned()));
    };
    let mut user = user.clone();
    user.external_ids.insert(source.clone(), Some("e".to_owned()));
    let form = Form { mapping: &mapping, source: &source, base: "" };
    let before = form.writable(&user);
    let mut after = before.clone();
    let whole = apply(&patch, &mut after)
        .and_then(|()| field_ops(&form, Basis::stored(&user, false), &before, &after));
    [resolve(&patch, &form, &user), whole].map(|changes| changes.map_err(shown))
}

#[test]
fn pairs_of_usual_operations_change_what_they_touch() {
    let operations = [
        json!({"op": "replace", "path": "userName", "value": "bo"}),
        json!({"op": "replace", "path": "displayName", "value": "Bo C."}),
        json!({"op": "add", "path": "name", "value": {"givenName": "Bo"}}),
        json!({"op": "replace", "path": "name.middleName", "value": "M."}),
        json!({"op": "remove", "path": "name.familyName"}),
        json!({"op": "replace", "value": {"name.givenName": "Cy", "active": false}}),
        json!({"op": "replace", "value": {"displayName": "Di", "name": {"formatted": "Di E."}}}),
        json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "n@x.org"}),
        json!({"op": "remove", "path": "emails"}),
        json!({"op": "replace", "path": format!("{URN}:department"), "value": "Ops"}),
        json!({"op": "add", "path": URN, "value": {"manager": {"value": "8"}}}),
        json!({"op": "remove", "path": URN}),
        json!({"op": "replace", "path": "externalId", "value": "f"}),
        json!({"op": "remove", "path": "title"}),
    ];
    for name in [json!({}), json!({"givenName": "A.", "middleName": "B."})] {
        let user = stored(&name);
        for first in &operations {
            for second in &operations {
                let pair = json!([first, second]);
                let [partial, whole] = both_ways(&pair, Strictness::lenient(), &user);
                assert_eq!(partial, whole, "{pair}");
                assert_ne!(partial, Err("not read".to_owned()), "{pair}");
            }
        }
    }
}
