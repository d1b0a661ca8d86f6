//! Problem details (RFC 9457).

use serde_json::{Value, json};
use userbook::Policy;
use userbook_tests::fixture::{HELPER, Kind, ROOT, UNPRIVILEGED, api, raw_request, request, send, store};

const NAMED: &str = "text/html, application/problem+json";

on_every_store!(
    clients_that_accept_problems_get_problems_for_every_error,
    violations_have_codes_and_parameters,
    successful_responses_stay_json
);

async fn clients_that_accept_problems_get_problems_for_every_error(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (by, target, headers, body, status, code) in [
        (ROOT, "GET 99", vec![], "", 404, "not_found"),
        (UNPRIVILEGED, "GET 2", vec![], "", 403, "permission_denied"),
        (ROOT, "POST 2", vec![], "{}", 405, "method_not_allowed"),
        (ROOT, "PATCH 2", vec![("if-match", "\"x\"")], "{}", 412, "precondition_failed"),
        (ROOT, "PATCH 2", vec![("content-type", "text/plain")], "x", 415, "unsupported_media_type"),
        (ROOT, "PATCH 2", vec![], "{", 400, "parse_error"),
        (ROOT, "PATCH 2", vec![], "[]", 400, "invalid"),
        (ROOT, "PATCH 2 ?dry_run=1", vec![], "{}", 400, "invalid_parameter"),
        (HELPER, "PATCH 1", vec![], "{\"email\": \"me@example.com\"}", 403, "protected_superuser"),
    ] {
        let mut headers = headers;
        let plain = send(&api, raw_request(by, target, &headers, body.into())).await;
        assert_eq!((plain.status.as_u16(), plain.header("content-type")), (status, Some("application/json")));
        headers.push(("accept", NAMED));
        let problem = send(&api, raw_request(by, target, &headers, body.into())).await;
        assert_eq!(problem.status, status, "{target}");
        assert_eq!(problem.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem.header("vary"), Some("Accept, Authorization, Cookie"));
        assert_eq!(problem.json["type"], format!("urn:userbook:problem:{code}"));
        assert_eq!((&problem.json["status"], &problem.json["code"]), (&json!(status), &json!(code)));
        assert!(problem.json["title"].is_string() && problem.json["detail"].is_string());
        if let Some(detail) = plain.json.get("detail") {
            assert_eq!(&problem.json["detail"], detail);
        }
    }
}

async fn violations_have_codes_and_parameters(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let body = json!({"username": "x".repeat(151), "email": "a\0", "groups": ["x"], "attributes": 1});
    let answer = send(&api, request(ROOT, "PATCH 2", &[("accept", NAMED)], &body)).await;
    let brief: Vec<Value> = answer.json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| json!([error["field"], error["pointer"], error["code"], error["params"]]))
        .collect();
    assert_eq!(
        Value::Array(brief),
        json!([
            ["username", "/username", "max_length", {"limit": 150}],
            ["groups", "/groups", "invalid", {"expected": "uuid", "value": "x"}],
            ["email", "/email", "null_characters_not_allowed", {}],
            ["email", "/email", "invalid", {"expected": "email"}],
            ["attributes", "/attributes", "invalid", {"expected": "object"}],
        ])
    );
    let whole = send(&api, raw_request(ROOT, "PATCH 2", &[("accept", NAMED)], b"7".to_vec())).await;
    assert_eq!(
        whole.json["errors"],
        json!([{
            "field": null, "pointer": "", "code": "invalid", "params": {"input_type": "int"},
            "message": "Invalid data. Expected a dictionary, but got int.",
        }])
    );
}

async fn successful_responses_stay_json(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let answer =
        send(&api, request(ROOT, "GET 2", &[("accept", "application/problem+json")], &Value::Null)).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    let api = userbook_tests::fixture::api(&store, Policy::authentik_2025_2());
    let answer =
        send(&api, request(ROOT, "GET 2", &[("accept", "application/problem+json")], &Value::Null)).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (406, Some("application/json")));
    assert_eq!(answer.json, json!({"detail": "Could not satisfy the request Accept header."}));
}
