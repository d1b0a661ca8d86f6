//! Limits on the contents, the stored data and the response of a request.

use serde_json::{Value, json};
use userbook::{Limits, Policy};
use userbook_tests::fixture::{
    ANN, Api, HELPER, Kind, ROOT, STAFF, api, ask, directory, events, group_id, raw_request, request, row,
    send, store,
};

on_every_store!(
    bodies_are_limited_in_json_values,
    unknown_members_are_not_counted,
    stored_attributes_are_limited,
    stored_values_above_a_limit_are_kept,
    attribute_filters_are_limited_in_json_values,
    user_above_the_limit_names_include_groups,
    response_to_a_committed_change_is_complete,
    page_above_the_limit_names_page_size,
    group_above_the_limit_names_include_users,
);

const MERGE: &[(&str, &str)] = &[("content-type", "application/merge-patch+json")];
const PATCH: &[(&str, &str)] = &[("content-type", "application/json-patch+json")];

/// Attributes with this many JSON values, the object and the list included.
fn attributes(nodes: usize) -> String {
    format!(r#"{{"a":[{}0]}}"#, "0,".repeat(nodes - 3))
}

async fn is_parsed(api: &Api, headers: &[(&str, &str)], body: String) -> bool {
    let answer = send(api, raw_request(ROOT, "PATCH 2", headers, body.into_bytes())).await;
    let detail = answer.json["detail"].as_str().unwrap_or_default();
    if detail.contains("more than 65536 JSON values") {
        assert_eq!(answer.status, 400);
        assert!(detail.starts_with("JSON parse error"), "{detail}");
        return false;
    }
    // Parsed, and too large to store.
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(
        answer.json.get("attributes").is_some() || answer.json["code"] == "patch_too_large",
        "{answer:?}"
    );
    true
}

async fn bodies_are_limited_in_json_values(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (nodes, fits) in [(65_536, true), (65_537, false), (500_000, false)] {
        for headers in [&[][..], MERGE] {
            let body = format!(r#"{{"attributes":{}}}"#, attributes(nodes));
            assert_eq!(is_parsed(&api, headers, body).await, fits, "{nodes}");
        }
        // The list, the operation, its name and its path count as four values.
        let operation = format!(r#"[{{"op":"add","path":"/attributes","value":{}}}]"#, attributes(nodes - 4));
        assert_eq!(is_parsed(&api, PATCH, operation).await, fits, "{nodes}");
    }
    assert_eq!(events(&store).await, []);
    let limits = Limits { attribute_nodes: usize::MAX, attribute_bytes: usize::MAX, ..Limits::default() };
    let large = crate::api_with_groups(&store, Policy::hardened().with_limits(limits));
    let body = format!(r#"{{"attributes":{}}}"#, attributes(65_536)).into_bytes();
    assert_eq!(send(&large, raw_request(HELPER, "PATCH 2", &[], body)).await.status, 200);
}

async fn unknown_members_are_not_counted(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let body = format!(r#"{{"x":[{}0],"name":"x"}}"#, "0,".repeat(100_000)).into_bytes();
    let answer = send(&api, raw_request(ROOT, "PATCH 2", &[], body)).await;
    assert_eq!((answer.status.as_u16(), &answer.json["name"]), (200, &json!("x")));
}

async fn stored_attributes_are_limited(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    // Small patches cannot accumulate beyond the limit.
    let mut accepted = 0;
    for n in 0..12 {
        let body = json!({"attributes": {format!("key{n}"): "x".repeat(10_000)}});
        let answer = send(&api, request(ROOT, "PATCH 2", MERGE, &body)).await;
        if answer.status == 200 {
            accepted += 1;
        } else {
            assert_eq!(answer.status, 400);
            let message = answer.json["attributes"][0].as_str().unwrap();
            assert!(message.contains("65536"), "{message}");
        }
    }
    assert_eq!(accepted, 6);
    let shown = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await.json;
    assert_eq!(send(&api, request(ROOT, "PUT 2", &[], &shown)).await.status, 200);
    let body = json!([{"op": "copy", "from": "/attributes", "path": "/attributes/again"}]);
    assert_eq!(send(&api, request(ROOT, "PATCH 2", PATCH, &body)).await.status, 400);
}

async fn stored_values_above_a_limit_are_kept(kind: Kind) {
    let store = store(kind).await;
    let body = json!({"name": "x".repeat(2_000), "attributes": {"a": "x".repeat(100_000)}});
    let lax = api(&store, Policy::authentik_2025_2());
    assert_eq!(send(&lax, request(ROOT, "PATCH 2", &[], &body)).await.status, 200);
    let api = api(&store, Policy::hardened());
    let shown = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await;
    assert_eq!(shown.status, 200);
    assert_eq!(send(&api, request(ROOT, "PATCH 2", &[], &json!({"path": "x"}))).await.status, 200);
    let mut again = shown.json;
    again["email"] = json!("new@example.com");
    assert_eq!(send(&api, request(ROOT, "PUT 2", &[], &again)).await.status, 200);
    assert_eq!(row(&store, ANN).await.name.len(), 2_000);
}

async fn attribute_filters_are_limited_in_json_values(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let filter = |values: usize| format!("%7B%22a%22:[{}0]%7D", "0,".repeat(values - 2));
    for list in ["users", "groups"] {
        for (values, status) in [(64, 200), (65, 400), (5_000, 400)] {
            let target = format!("GET /core/{list}/?attributes={}", filter(values));
            let answer = ask(&api, Some(ROOT), &target, &[], &Value::Null).await;
            assert_eq!(answer.status, status, "{list} {values}: {answer:?}");
            if status == 400 {
                let expected = format!("Ensure there are no more than 64 JSON values (got {values}).");
                assert_eq!(answer.json, json!({ "attributes": [expected] }));
                let problem = [("accept", "application/problem+json")];
                let answer = ask(&api, Some(ROOT), &target, &problem, &Value::Null).await;
                assert_eq!(answer.json["errors"][0]["code"], "too_many_values");
                assert_eq!(answer.json["errors"][0]["parameter"], "attributes");
            }
        }
    }
}

fn small() -> Policy {
    Policy::hardened().with_limits(Limits { page_bytes: 1_000, ..Limits::default() })
}

fn too_large(parameter: &str) -> Value {
    json!({ parameter: ["The answer exceeds 1000 bytes. Reduce the response with this parameter."] })
}

async fn user_above_the_limit_names_include_groups(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, small());
    let answer = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await;
    assert_eq!((answer.status.as_u16(), answer.json), (400, too_large("include_groups")));
    let answer = send(&api, request(ROOT, "GET 2 ?include_groups=false", &[], &Value::Null)).await;
    assert_eq!(answer.status, 200);
    let dry = send(&api, request(ROOT, "PATCH 2 ?dry_run=true", &[], &json!({"name": "x"}))).await;
    assert_eq!((dry.status.as_u16(), dry.json), (400, too_large("include_groups")));
}

async fn response_to_a_committed_change_is_complete(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, small());
    let answer = send(&api, request(ROOT, "PATCH 2", &[], &json!({"name": "x"}))).await;
    assert_eq!((answer.status.as_u16(), &answer.json["name"]), (200, &json!("x")));
    assert_eq!(answer.json["groups_obj"][0]["pk"], json!(group_id(STAFF)));
}

async fn page_above_the_limit_names_page_size(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, small(), |granted| granted);
    for list in ["users", "groups"] {
        let target = format!("GET /core/{list}/?page_size=50");
        let answer = ask(&api, Some(ROOT), &target, &[], &Value::Null).await;
        assert_eq!((answer.status.as_u16(), answer.json), (400, too_large("page_size")), "{list}");
    }
    let answer = ask(&api, Some(ROOT), "GET /core/users/?username=zoe", &[], &Value::Null).await;
    assert_eq!(answer.status, 200);
}

async fn group_above_the_limit_names_include_users(kind: Kind) {
    let store = store(kind).await;
    let limits = Limits { page_bytes: 400, ..Limits::default() };
    let api = directory(&store, Policy::hardened().with_limits(limits), |granted| granted);
    let target = format!("GET /core/groups/{}/", group_id(STAFF));
    let answer = ask(&api, Some(ROOT), &target, &[], &Value::Null).await;
    let message = "The answer exceeds 400 bytes. Reduce the response with this parameter.";
    assert_eq!((answer.status.as_u16(), answer.json), (400, json!({"include_users": [message]})));
    let answer = ask(&api, Some(ROOT), &format!("{target}?include_users=false"), &[], &Value::Null).await;
    assert_eq!((answer.status.as_u16(), &answer.json["users"]), (200, &json!([ANN])));
}
