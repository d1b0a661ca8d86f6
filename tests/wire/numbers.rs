//! Numbers in attributes: compared by value, changed by representation, and patches of read-only members.

use serde_json::{Value, json};
use userbook::Policy;
use userbook_tests::fixture::{
    ANN, Api, Kind, ROOT, api, ask, directory, events, raw_request, request, row, send, store,
};

on_every_store!(
    patch_test_compares_numbers_by_value,
    numbers_can_change_their_representation,
    integers_are_exact_to_64_bits,
    filter_compares_numbers_by_value,
    patch_of_an_unknown_or_read_only_member_returns_400,
    equal_representation_changes_nothing,
);

const JSON: &[(&str, &str)] = &[];
const MERGE: &[(&str, &str)] = &[("content-type", "application/merge-patch+json")];
const PATCH: &[(&str, &str)] = &[("content-type", "application/json-patch+json")];

/// Returns the text of `v` in a GET response.
async fn shown(api: &Api) -> String {
    let response = api.handle(request(ROOT, "GET 2", &[], &Value::Null)).await;
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    let (_, rest) = text.split_once(r#""v":"#).unwrap();
    rest.split([',', '}']).next().unwrap().to_owned()
}

async fn set(api: &Api, headers: &[(&str, &str)], number: &str) -> u16 {
    let body = if headers == PATCH {
        format!(r#"[{{"op":"add","path":"/attributes/v","value":{number}}}]"#)
    } else {
        format!(r#"{{"attributes":{{"v":{number}}}}}"#)
    };
    send(api, raw_request(ROOT, "PATCH 2", headers, body.into_bytes())).await.status.as_u16()
}

async fn patch_test_compares_numbers_by_value(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (stored, tested, status) in [
        ("1.0", "1", 200),
        ("1", "1.0", 200),
        ("[1]", "[1.0]", 200),
        (r#"{"a":[1.0]}"#, r#"{"a":[1]}"#, 200),
        ("10000000000000000", "1e16", 200),
        ("1e16", "10000000000000000", 200),
        ("0.0", "-0.0", 200),
        ("1", "1.5", 409),
        ("1", "\"1\"", 409),
        ("1", "true", 409),
        // The numbers differ, although they are equal as doubles.
        ("9007199254740993", "9007199254740992", 409),
    ] {
        assert_eq!(set(&api, JSON, stored).await, 200, "{stored}");
        let body = format!(r#"[{{"op":"test","path":"/attributes/v","value":{tested}}}]"#);
        let answer = send(&api, raw_request(ROOT, "PATCH 2", PATCH, body.into_bytes())).await;
        assert_eq!(answer.status, status, "{stored} against {tested}");
    }
}

async fn numbers_can_change_their_representation(kind: Kind) {
    for (policy, forms) in
        [(Policy::hardened(), &[JSON, MERGE, PATCH][..]), (Policy::authentik_2025_2(), &[JSON])]
    {
        let store = store(kind).await;
        let api = api(&store, policy);
        for headers in forms {
            for number in ["10000.0", "10000", "10000.0", "0", "-0.0"] {
                assert_eq!(set(&api, headers, number).await, 200, "{number}");
                assert_eq!(shown(&api).await, number);
            }
        }
        // Each change has an event.
        assert_eq!(events(&store).await.len(), forms.len() * 5);
    }
}

async fn integers_are_exact_to_64_bits(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for headers in [JSON, MERGE, PATCH] {
        for number in
            ["9007199254740993", "9223372036854775807", "-9223372036854775808", "18446744073709551615"]
        {
            assert_eq!(set(&api, headers, number).await, 200, "{number}");
            assert_eq!(shown(&api).await, number);
        }
    }
}

async fn filter_compares_numbers_by_value(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    assert_eq!(set(&api, JSON, "1.0").await, 200);
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for (filter, count) in [("1", 1), ("1.0", 1), ("1.5", 0), ("%221%22", 0)] {
        let target = format!("GET /core/users/?attributes=%7B%22v%22:{filter}%7D");
        let list = ask(&api, Some(ROOT), &target, &[], &Value::Null).await;
        assert_eq!(list.json["pagination"]["count"], count, "{filter}");
    }
}

async fn patch_of_an_unknown_or_read_only_member_returns_400(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let before = row(&store, ANN).await;
    for member in ["isActive", "is_superuser", "pk", "uid", "avatar", "groups_obj", "uuid", "password"] {
        let path = format!("/{member}");
        for operation in [
            json!({"op": "add", "path": path, "value": false}),
            json!({"op": "replace", "path": path, "value": false}),
            json!({"op": "remove", "path": path}),
            json!({"op": "copy", "from": "/name", "path": path}),
            json!({"op": "move", "from": "/name", "path": path}),
        ] {
            let answer = send(&api, request(ROOT, "PATCH 2", PATCH, &json!([operation]))).await;
            let is = (answer.status.as_u16(), &answer.json["code"]);
            assert_eq!(is, (400, &json!("patch_inapplicable")), "{operation}");
        }
    }
    assert_eq!((row(&store, ANN).await, events(&store).await.len()), (before, 0));
}

async fn equal_representation_changes_nothing(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    assert_eq!(set(&api, JSON, "10000.0").await, 200);
    let stored = row(&store, ANN).await;
    for headers in [JSON, MERGE, PATCH] {
        assert_eq!(set(&api, headers, "10000.0").await, 200);
        assert_eq!(set(&api, headers, "1e4").await, 200);
    }
    assert_eq!((row(&store, ANN).await, events(&store).await.len()), (stored, 1));
}
