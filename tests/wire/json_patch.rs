//! `application/json-patch+json` (RFC 6902).

use serde_json::{Value, json};
use userbook::Policy;
use userbook_tests::fixture::{
    ANN, DEVS, HELPER, Kind, ROOT, STAFF, UNPRIVILEGED, VIEWER, api, events, group_id, raw_request, request,
    row, send, store,
};

const PATCH: &[(&str, &str)] = &[("content-type", "application/json-patch+json")];

on_every_store!(
    operations_are_applied,
    failures_have_codes,
    tests_are_evaluated_only_for_callers_with_access,
    json_patch_is_an_extension
);

async fn operations_are_applied(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let body = json!([
        {"op": "test", "path": "/attributes/team", "value": "red"},
        {"op": "test", "path": "/pk", "value": 2},
        {"op": "test", "path": "/is_superuser", "value": false},
        {"op": "replace", "path": "/attributes/settings/theme", "value": "light"},
        {"op": "copy", "from": "/email", "path": "/name"},
        {"op": "add", "path": "/groups/-", "value": group_id(DEVS)},
        {"op": "add", "path": "/last_login", "value": "2024-05-01T00:00:00Z"},
    ]);
    let answer = send(&api, request(ROOT, "PATCH 2", PATCH, &body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json["name"], "ann@example.com");
    assert_eq!(answer.json["groups"], json!([group_id(STAFF), group_id(DEVS)]));
    assert_eq!(answer.json["attributes"]["settings"], json!({"locale": "de", "theme": "light"}));
    assert_eq!(answer.json["last_login"], "2024-05-01T00:00:00Z");
    let remove = json!([{"op": "remove", "path": "/last_login"}]);
    assert_eq!(send(&api, request(ROOT, "PATCH 2", PATCH, &remove)).await.json["last_login"], Value::Null);
    // An empty body counts as an empty object for every media type.
    assert_eq!(send(&api, request(ROOT, "PATCH 2", PATCH, &Value::Null)).await.status, 200);
    assert_eq!(events(&store).await.len(), 2);
}

async fn failures_have_codes(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let before = row(&store, ANN).await;
    let many: Vec<Value> = (0..300).map(|_| json!({"op": "remove", "path": "/x"})).collect();
    let doubling: Vec<Value> = (0..200)
        .map(|n| json!({"op": "copy", "from": "/attributes", "path": format!("/attributes/{n}")}))
        .collect();
    for (body, status, code) in [
        (json!([{"op": "test", "path": "/name", "value": "x"}]), 409, "patch_test_failed"),
        (json!([{"op": "test", "path": "/nope", "value": 1}]), 409, "patch_test_failed"),
        (json!([{"op": "remove", "path": "/attributes/nope"}]), 400, "patch_inapplicable"),
        (json!([{"op": "replace", "path": "", "value": 1}]), 400, "patch_inapplicable"),
        (json!([{"op": "add", "path": "/isActive", "value": false}]), 400, "patch_inapplicable"),
        (json!([{"op": "add", "path": "/is_superuser", "value": true}]), 400, "patch_inapplicable"),
        (json!([{"op": "copy", "from": "/name", "path": "/pk"}]), 400, "patch_inapplicable"),
        (json!([{"op": "test", "path": "/pk", "value": 3}]), 409, "patch_test_failed"),
        (Value::Array(many), 400, "patch_too_large"),
        (Value::Array(doubling), 400, "patch_too_large"),
        (json!([{"op": "grow", "path": "/name"}]), 400, "invalid_patch"),
        (json!([{"op": "add", "path": "/name"}]), 400, "invalid_patch"),
        (json!([{"op": "remove", "path": "name"}]), 400, "invalid_patch"),
        (json!({"op": "remove", "path": "/name"}), 400, "invalid_patch"),
        (json!("x"), 400, "invalid_patch"),
    ] {
        let answer = send(&api, request(ROOT, "PATCH 2", PATCH, &body)).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.json["code"], code, "{answer:?}");
        assert!(answer.json["detail"].is_string(), "{answer:?}");
    }
    let broken = send(&api, raw_request(ROOT, "PATCH 2", PATCH, b"[".to_vec())).await;
    assert!(broken.json["detail"].as_str().unwrap().starts_with("JSON parse error"));
    // The patched document is parsed strictly, and its values are checked as usual.
    for (body, field, message) in [
        (json!([{"op": "replace", "path": "/name", "value": 7}]), "name", "Not a valid string."),
        (json!([{"op": "remove", "path": "/username"}]), "username", "This field is required."),
        (
            json!([{"op": "replace", "path": "/username", "value": "root"}]),
            "username",
            "This field must be unique.",
        ),
    ] {
        let answer = send(&api, request(ROOT, "PATCH 2", PATCH, &body)).await;
        assert_eq!((answer.status.as_u16(), &answer.json[field][0]), (400, &json!(message)), "{body}");
    }
    assert_eq!(row(&store, ANN).await, before);
}

async fn tests_are_evaluated_only_for_callers_with_access(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for value in ["ANN", "guess"] {
        let body = json!([{"op": "test", "path": "/name", "value": value}]);
        for (by, has_access) in [(UNPRIVILEGED, false), (VIEWER, false), (HELPER, true)] {
            let answer = send(&api, request(by, "PATCH 2", PATCH, &body)).await;
            let expected = match (has_access, value) {
                (false, _) => 403,
                (true, "ANN") => 200,
                (true, _) => 409,
            };
            assert_eq!(answer.status, expected, "{by} {value}");
        }
    }
    // The same holds for a malformed document.
    let answer = send(&api, request(UNPRIVILEGED, "PATCH 2", PATCH, &json!({}))).await;
    assert_eq!(answer.status, 403);
}

async fn json_patch_is_an_extension(kind: Kind) {
    let store = store(kind).await;
    for (method, policy) in [("PUT 2", Policy::hardened()), ("PATCH 2", Policy::authentik_2025_2())] {
        let api = api(&store, policy);
        assert_eq!(send(&api, request(ROOT, method, PATCH, &json!([]))).await.status, 415, "{method}");
    }
}
