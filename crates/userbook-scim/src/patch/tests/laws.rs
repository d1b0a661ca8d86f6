//! Laws for any PATCH.

use proptest::prelude::*;
use userbook::{User, model::ExternalSource};

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
        let body = json!({"schemas": [OP], "Operations": operations});
        let (mapping, source) = (Mapping::default(), "scim:okta".parse::<ExternalSource>().unwrap());
        let Ok(patch) = read(body, &mapping.schema, strictness, &ScimLimits::default()) else { return Ok(()) };
        let form = Form { mapping: &mapping, source: &source, base: "" };
        let attributes = json!({
            "title": "Engineer", "name": {"givenName": "A.", "middleName": "B."}, "department": "R&D",
            "emails": [{"value": "w@x.org", "type": "work"}, {"value": "h@x.org", "primary": true}],
            "manager": {"value": "9", "hidden": 1}, "other": [1],
        });
        let mut user = User { attributes: attributes.into(), ..User::example() };
        user.external_ids.insert(source.clone(), Some("e".to_owned()));
        let whole = || {
            let before = form.writable(&user);
            let mut after = before.clone();
            apply(&patch, &mut after)?;
            field_ops(&form, Basis::stored(&user, false), &before, &after)
        };
        let shown = |result: Result<_, crate::error::ScimError>| result.map_err(|error| (error.scim_type, error.detail));
        prop_assert_eq!(shown(resolve(&patch, &form, &user)), shown(whole()));
    }
}
