//! `?dry_run=true` returns the result of a request without writing it.

use serde_json::{Value, json};
use userbook::Policy;
use userbook_tests::fixture::{
    ANN, DEVS, HELPER, Kind, STAFF, UNPRIVILEGED, api, events, group_id, request, row, send, store,
};

on_every_store!(
    dry_run_returns_the_changed_user_without_writing,
    dry_run_reports_all_violations,
    dry_run_needs_the_same_access_and_conditions,
    values_other_than_true_and_false_return_400,
    dry_run_without_the_extension_returns_400_and_writes_nothing,
);

async fn dry_run_returns_the_changed_user_without_writing(kind: Kind) {
    let store = store(kind).await;
    let api = crate::api_with_groups(&store, Policy::hardened());
    let before = row(&store, ANN).await;
    let body = json!({"name": "Ann B", "groups": [group_id(DEVS)], "email": "ann@example.com"});
    let dry = send(&api, request(HELPER, "PATCH 2 ?dry_run=true", &[], &body)).await;
    assert_eq!(dry.status, 200);
    assert_eq!((row(&store, ANN).await, events(&store).await.len()), (before, 0));
    assert_eq!((&dry.json["dry_run"], &dry.json["would_change"]), (&json!(true), &json!(true)));
    assert_eq!(
        dry.json["diff"],
        json!({
            "name": {"old": "ANN", "new": "Ann B"},
            "groups": {
                "added": [{"id": group_id(DEVS), "name": "devs"}],
                "removed": [{"id": group_id(STAFF), "name": "staff"}],
            },
        })
    );
    let verdicts = dry.json["verdicts"].as_array().unwrap();
    assert!(verdicts.contains(&json!({"check": "view", "allowed": true})), "{verdicts:?}");
    assert!(verdicts.contains(&json!({"check": "set", "field": "name", "allowed": true})));
    assert!(verdicts.contains(&json!({"check": "join", "group": group_id(DEVS), "allowed": true})));
    // The real request has the same result.
    let wet = send(&api, request(HELPER, "PATCH 2", &[], &body)).await;
    assert_eq!(wet.json, dry.json["user"]);
    let again = send(&api, request(HELPER, "PATCH 2 ?dry_run=true", &[], &body)).await;
    assert_eq!((&again.json["would_change"], &again.json["diff"]), (&json!(false), &json!({})));
    let lean = send(&api, request(HELPER, "PATCH 2 ?dry_run=true&include_groups=false", &[], &body)).await;
    assert_eq!(lean.json["user"]["groups_obj"], Value::Null);
}

async fn dry_run_reports_all_violations(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let body = json!({"username": "root", "email": "x"});
    let dry = send(&api, request(HELPER, "PATCH 2 ?dry_run=true", &[], &body)).await;
    let wet = send(&api, request(HELPER, "PATCH 2", &[], &body)).await;
    assert_eq!((dry.status, &dry.json), (wet.status, &wet.json));
    assert_eq!(dry.json.as_object().unwrap().len(), 2);
}

async fn dry_run_needs_the_same_access_and_conditions(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (by, headers, status) in [(UNPRIVILEGED, vec![], 403), (HELPER, vec![("if-match", "\"x\"")], 412)] {
        let answer = send(&api, request(by, "PUT 2 ?dry_run=true", &headers, &json!({}))).await;
        assert_eq!(answer.status, status);
    }
}

async fn values_other_than_true_and_false_return_400(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let before = row(&store, ANN).await;
    for word in ["1", "yes", "", "tru"] {
        let target = format!("PATCH 2 ?dry_run={word}");
        let answer = send(&api, request(HELPER, &target, &[], &json!({"name": "x"}))).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["code"]),
            (400, &json!("invalid_parameter")),
            "{word}"
        );
        assert_eq!(send(&api, request(UNPRIVILEGED, &target, &[], &json!({"name": "x"}))).await.status, 403);
    }
    assert_eq!(row(&store, ANN).await, before);
}

async fn dry_run_without_the_extension_returns_400_and_writes_nothing(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::authentik_2025_2());
    let before = row(&store, ANN).await;
    // A request with this parameter never writes by mistake, regardless of the value.
    for query in ["dry_run=true", "dry_run=false", "dry_run=1", "dry_run=", "dry_run", "x=1&dry_run=true"] {
        for (by, expected) in [(HELPER, 400), (UNPRIVILEGED, 403)] {
            for method in ["PUT", "PATCH"] {
                let target = format!("{method} 2 ?{query}");
                let answer = send(&api, request(by, &target, &[], &json!({"name": "Written"}))).await;
                assert_eq!(answer.status, expected, "{target} by {by}");
                if expected == 400 {
                    assert_eq!(answer.json["code"], "invalid_parameter", "{target}");
                }
            }
        }
    }
    assert_eq!(send(&api, request(HELPER, "GET 2 ?dry_run=true", &[], &Value::Null)).await.status, 200);
    assert_eq!(row(&store, ANN).await, before);
}
