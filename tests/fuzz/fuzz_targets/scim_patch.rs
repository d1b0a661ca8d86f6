//! PATCHes of SCIM. The first byte chooses the strictness. The rest is a JSON text with operations, or else the path of
//! some operations.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use userbook_fuzz::{
    fixture::json_of,
    scim::{Provider, TARGET},
};
use userbook_scim::Strictness;

fuzz_target!(|text: &str| {
    let Some(first) = text.chars().next() else { return };
    let rest = &text[first.len_utf8()..];
    let strictness = if first == 's' { Strictness::strict() } else { Strictness::lenient() };
    match json_of(rest.as_bytes()) {
        Ok(operations) => patch(strictness, &operations),
        Err(_) => {
            for value in [json!("x"), json!(true), json!({"value": "x"}), json!([{"value": "x@example.com"}])] {
                patch(strictness, &json!([{"op": "add", "path": rest, "value": value}]));
                patch(strictness, &json!([{"op": "replace", "path": rest, "value": value}]));
            }
            patch(strictness, &json!([{"op": "remove", "path": rest}]));
        }
    }
});

fn patch(strictness: Strictness, operations: &Value) {
    let provider = Provider::new(strictness);
    let (target, before, others) = (provider.target(), provider.row(TARGET), provider.others());
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let answer = provider.send("PATCH", &target, &body);
    let (after, events) = (provider.row(TARGET), provider.events());
    assert_eq!(provider.others(), others, "{operations}");
    assert!(!provider.is_elevated(), "{operations}");
    assert_eq!((after.id, after.uuid, after.user_type), (before.id, before.uuid, before.user_type));
    assert!(!after.username.is_empty(), "{operations}");
    if answer.status == 200 {
        let changed = usize::from(after != before);
        assert_eq!(events.len(), changed, "{operations}");
        // GET shows the same resource, and the resource sent back changes nothing.
        let shown = provider.send("GET", &target, &Value::Null);
        assert_eq!(shown.json, answer.json, "{operations}");
        check_shape(&answer.json);
        let put = provider.send("PUT", &target, &answer.json);
        assert_eq!(put.status, 200, "{operations} {put:?}");
        assert_eq!(without_version(put.json), without_version(answer.json), "{operations}");
    } else {
        assert!([400, 409, 413].contains(&answer.status.as_u16()), "{operations} {answer:?}");
        assert_eq!((after, events.len()), (before, 0), "{operations}");
    }
}

/// The tag of a resource changes if a component of the name is stored that was derived before.
fn without_version(mut resource: Value) -> Value {
    if let Some(resource) = resource.as_object_mut() {
        resource.remove("meta");
    }
    resource
}

/// What always holds for a user: names, one primary value at most, no empty values.
fn check_shape(user: &Value) {
    assert!(user["userName"].is_string() && user["active"].is_boolean(), "{user}");
    assert!(user["name"]["givenName"].is_string() && user["name"]["familyName"].is_string(), "{user}");
    for (name, value) in user.as_object().expect("an object") {
        assert!(!value.is_null(), "{name} is null");
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        assert!(value.as_array().is_none_or(|items| !items.is_empty()), "{name} is empty");
        let primaries = items.iter().filter(|item| item["primary"] == true).count();
        assert!(primaries <= 1, "{name} has {primaries} primary values");
    }
}
