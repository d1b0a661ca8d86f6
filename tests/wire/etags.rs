//! Entity tags: conditional reads and writes (RFC 9110 §13).

use serde_json::{Value, json};
use userbook::{Actor, NewGroup, Policy};
use userbook_tests::fixture::{
    ANN, HELPER, Kind, ROOT, STAFF, UNPRIVILEGED, api, events, group_id, request, row, send, store,
};

on_every_store!(
    every_success_has_a_tag,
    known_representation_returns_304,
    stale_if_match_returns_412,
    matching_if_none_match_rejects_a_write,
    renamed_group_changes_the_tag_and_not_the_revision,
    conditions_are_evaluated_after_access,
    recorded_policy_sends_no_tags,
);

async fn every_success_has_a_tag(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let get = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await;
    let revision = row(&store, ANN).await.revision.0.simple().to_string();
    assert!(get.etag().starts_with(&format!("\"{revision}.")) && get.etag().len() == 1 + 32 + 1 + 16 + 1);
    assert_eq!(send(&api, request(ROOT, "HEAD 2", &[], &Value::Null)).await.etag(), get.etag());
    assert_ne!(
        send(&api, request(ROOT, "GET 2 ?include_groups=false", &[], &Value::Null)).await.etag(),
        get.etag()
    );
    // The tag stays until something changes.
    assert_eq!(send(&api, request(ROOT, "PATCH 2", &[], &json!({}))).await.etag(), get.etag());
    let patch = send(&api, request(ROOT, "PATCH 2", &[], &json!({"name": "Ann B"}))).await;
    assert_ne!(patch.etag(), get.etag());
    assert_eq!(send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await.etag(), patch.etag());
}

async fn known_representation_returns_304(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let tag = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await.etag();
    for (method, known, status) in [
        ("GET 2", tag.clone(), 304),
        ("HEAD 2", tag.clone(), 304),
        ("GET 2", format!("\"x\", W/{tag}"), 304),
        ("GET 2", "*".to_owned(), 304),
        ("GET 2", "\"x\"".to_owned(), 200),
        ("GET 2 ?include_groups=false", tag.clone(), 200),
        ("GET 2", "garbage".to_owned(), 200),
    ] {
        let answer = send(&api, request(ROOT, method, &[("if-none-match", &known)], &Value::Null)).await;
        assert_eq!(answer.status, status, "{method} {known}");
        if status == 304 {
            assert_eq!((answer.etag(), answer.json), (tag.clone(), Value::Null));
            assert_eq!(answer.headers.get("content-type"), None);
        }
    }
    let stale = request(ROOT, "GET 2", &[("if-match", "\"x\"")], &Value::Null);
    assert_eq!(send(&api, stale).await.status, 412);
    // A caller without access learns nothing about the state.
    let hidden = request(UNPRIVILEGED, "GET 2", &[("if-none-match", "*")], &Value::Null);
    assert_eq!(send(&api, hidden).await.status, 403);
}

async fn stale_if_match_returns_412(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let old = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await.etag();
    let new = send(&api, request(ROOT, "PATCH 2", &[("if-match", &old)], &json!({"name": "1"}))).await;
    assert_eq!(new.status, 200);
    let before = row(&store, ANN).await;
    for (demanded, status) in [
        (old.clone(), 412),
        ("\"x\"".to_owned(), 412),
        ("garbage".to_owned(), 412),
        (String::new(), 412),
        (format!("W/{}", new.etag()), 412),
        (format!("{old}, {}", new.etag()), 200),
        ("*".to_owned(), 200),
    ] {
        // The condition also applies to a request that changes nothing.
        let answer = send(&api, request(ROOT, "PATCH 2", &[("if-match", &demanded)], &json!({}))).await;
        assert_eq!(answer.status, status, "{demanded}");
        if status == 412 {
            assert_eq!(answer.json["code"], "precondition_failed");
        }
    }
    // The condition is reported before a parse error and before violations.
    for body in [b"{".to_vec(), b"{\"email\": 5}".to_vec()] {
        let headers = [("if-match", old.as_str())];
        let request = userbook_tests::fixture::raw_request(ROOT, "PATCH 2", &headers, body);
        assert_eq!(send(&api, request).await.status, 412);
    }
    assert_eq!(row(&store, ANN).await, before);
    assert_eq!(events(&store).await.len(), 1);
}

async fn matching_if_none_match_rejects_a_write(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let tag = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await.etag();
    for (known, status) in [(tag.as_str(), 412), ("*", 412), (&format!("W/{tag}"), 412), ("\"x\"", 200)] {
        for method in ["PUT 2", "PATCH 2"] {
            let body = json!({"username": "ann", "name": "ANN", "groups": [group_id(STAFF)]});
            let answer = send(&api, request(ROOT, method, &[("if-none-match", known)], &body)).await;
            assert_eq!(answer.status, status, "{method} {known}");
        }
    }
}

async fn renamed_group_changes_the_tag_and_not_the_revision(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let before = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await.etag();
    let renamed = NewGroup::new("crew");
    api.service().put_group(&Actor::system(), group_id(STAFF), renamed).await.unwrap();
    let get = request(ROOT, "GET 2", &[("if-none-match", &before)], &Value::Null);
    let after = send(&api, get).await;
    assert_eq!(after.status, 200);
    assert_eq!(after.json["groups_obj"][0]["name"], "crew");
    let patch = request(ROOT, "PATCH 2", &[("if-match", &before)], &json!({"name": "Ann B"}));
    assert_eq!(send(&api, patch).await.status, 200);
}

async fn conditions_are_evaluated_after_access(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (by, target, status) in
        [(HELPER, "PATCH 2", 412), (UNPRIVILEGED, "PATCH 2", 403), (ROOT, "PATCH 99", 404)]
    {
        let answer = send(&api, request(by, target, &[("if-match", "\"x\"")], &json!({"name": "x"}))).await;
        assert_eq!(answer.status, status, "{by} {target}");
    }
}

async fn recorded_policy_sends_no_tags(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::authentik_2025_2());
    let headers = [("if-match", "\"x\""), ("if-none-match", "*")];
    for request in [
        request(ROOT, "GET 2", &headers, &Value::Null),
        request(ROOT, "PATCH 2", &headers, &json!({"name": "x"})),
    ] {
        let answer = send(&api, request).await;
        assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, None));
    }
}
