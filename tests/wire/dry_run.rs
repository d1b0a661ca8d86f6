//! `?dry_run=true`: what would happen, and nothing happens.

use serde_json::{Value, json};
use userbook::Policy;
use userbook_tests::fixture::{
    ANN, DEVS, HELPER, Kind, NOBODY, STAFF, api, events, group_id, request, row, send, store,
};

on_every_store!(
    it_shows_what_would_be,
    it_tells_all_violations,
    it_obeys_conditions_and_rights,
    unclear_words_are_refused,
    it_is_an_extension,
);

async fn it_shows_what_would_be(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
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
    // The real run comes to the same.
    let wet = send(&api, request(HELPER, "PATCH 2", &[], &body)).await;
    assert_eq!(wet.json, dry.json["user"]);
    let again = send(&api, request(HELPER, "PATCH 2 ?dry_run=true", &[], &body)).await;
    assert_eq!((&again.json["would_change"], &again.json["diff"]), (&json!(false), &json!({})));
    let lean = send(&api, request(HELPER, "PATCH 2 ?dry_run=true&include_groups=false", &[], &body)).await;
    assert_eq!(lean.json["user"]["groups_obj"], Value::Null);
}

async fn it_tells_all_violations(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let body = json!({"username": "root", "email": "x"});
    let dry = send(&api, request(HELPER, "PATCH 2 ?dry_run=true", &[], &body)).await;
    let wet = send(&api, request(HELPER, "PATCH 2", &[], &body)).await;
    assert_eq!((dry.status, &dry.json), (wet.status, &wet.json));
    assert_eq!(dry.json.as_object().unwrap().len(), 2);
}

async fn it_obeys_conditions_and_rights(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (by, headers, status) in [(NOBODY, vec![], 403), (HELPER, vec![("if-match", "\"x\"")], 412)] {
        let answer = send(&api, request(by, "PUT 2 ?dry_run=true", &headers, &json!({}))).await;
        assert_eq!(answer.status, status);
    }
}

async fn unclear_words_are_refused(kind: Kind) {
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
        assert_eq!(send(&api, request(NOBODY, &target, &[], &json!({"name": "x"}))).await.status, 403);
    }
    assert_eq!(row(&store, ANN).await, before);
}

async fn it_is_an_extension(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::authentik_2025_2());
    let answer = send(&api, request(HELPER, "PATCH 2 ?dry_run=true", &[], &json!({"name": "Written"}))).await;
    assert_eq!(answer.json["name"], "Written");
    assert_eq!(row(&store, ANN).await.name, "Written");
}
