//! `application/merge-patch+json` (RFC 7396).

use serde_json::{Value, json};
use userbook::Policy;
use userbook_tests::fixture::{ANN, Kind, ROOT, api, events, request, row, send, store};

const MERGE: &[(&str, &str)] = &[("content-type", "application/merge-patch+json; charset=utf-8")];

on_every_store!(
    attributes_are_merged,
    other_fields_follow_plain_json,
    merge_patch_requires_patch_and_the_extension
);

async fn attributes_are_merged(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let body = json!({"attributes": {"team": null, "settings": {"theme": "light"}, "new": [1, null]}});
    let answer = send(&api, request(ROOT, "PATCH 2", MERGE, &body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let merged = json!({"settings": {"locale": "de", "theme": "light"}, "new": [1, null]});
    assert_eq!(answer.json["attributes"], merged);
    assert_eq!(row(&store, ANN).await.attributes, merged);
    // Sending the patch again changes nothing.
    assert_eq!(send(&api, request(ROOT, "PATCH 2", MERGE, &body)).await.etag(), answer.etag());
    assert_eq!(events(&store).await.len(), 1);
    // A plain JSON PATCH replaces the attributes.
    let answer = send(&api, request(ROOT, "PATCH 2", &[], &json!({"attributes": {"a": 1}}))).await;
    assert_eq!(answer.json["attributes"], json!({"a": 1}));
}

async fn other_fields_follow_plain_json(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (body, status, at, expected) in [
        (json!({"last_login": "2024-05-01"}), 200, "/last_login", json!("2024-05-01T00:00:00Z")),
        (json!({"last_login": null}), 200, "/last_login", Value::Null),
        (json!({"name": 7, "is_active": "yes"}), 200, "/name", json!("7")),
        (json!({"email": null}), 400, "/email/0", json!("This field may not be null.")),
        (json!({"attributes": null}), 400, "/attributes/0", json!("This field may not be null.")),
        (
            json!({"attributes": [1]}),
            400,
            "/attributes/0",
            json!("Value must be a dictionary, and not have any duplicate keys."),
        ),
        (json!({"attributes": {"a": "\0"}}), 400, "/attributes/0", json!("Null characters are not allowed.")),
        (json!([]), 400, "/non_field_errors/0", json!("Invalid data. Expected a dictionary, but got list.")),
    ] {
        let answer = send(&api, request(ROOT, "PATCH 2", MERGE, &body)).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.json.pointer(at), Some(&expected), "{body}");
    }
}

async fn merge_patch_requires_patch_and_the_extension(kind: Kind) {
    let store = store(kind).await;
    for (method, policy, status) in [
        ("PATCH 2", Policy::hardened(), 200),
        ("PUT 2", Policy::hardened(), 415),
        ("PATCH 2", Policy::authentik_2025_2(), 415),
    ] {
        let recorded = policy == Policy::authentik_2025_2();
        let api = api(&store, policy);
        let answer = send(&api, request(ROOT, method, MERGE, &json!({"name": "x"}))).await;
        assert_eq!(answer.status, status, "{method}");
        let announced = method.starts_with("PATCH") && !recorded;
        assert_eq!(answer.header("accept-patch").is_some(), announced, "{method}");
        if status == 415 {
            assert_eq!(
                answer.json["detail"],
                "Unsupported media type \"application/merge-patch+json; charset=utf-8\" in request."
            );
        }
    }
}
