//! A group that the caller may not view: no response contains its name or attributes, and the caller cannot join it.

use serde_json::{Value, json};
use userbook::{Policy, StaticPermissions, UserId, authz::Permission};
use userbook_tests::fixture::{
    ADMINS, ANN, CHIEFS, DEVS, HELPER, Kind, ROOT, STAFF, VIEWER, api, ask, directory, events, group_id,
    request, row, send, store,
};

on_every_store!(
    responses_contain_ids_and_no_names,
    lists_contain_ids_and_no_names,
    hidden_group_equals_a_missing_group,
    response_of_get_can_be_sent_with_put,
    dry_run_names_no_hidden_group,
    membership_change_names_no_hidden_group,
    patch_test_compares_with_the_visible_representation,
    name_of_a_hidden_parent_is_left_out,
    recorded_policy_hides_no_group,
);

const PATCH: &[(&str, &str)] = &[("content-type", "application/json-patch+json")];
const NAMES: [&str; 4] = ["staff", "devs", "admins", "chiefs"];

fn names_no_group(json: &Value) -> bool {
    let text = json.to_string();
    NAMES.iter().all(|name| !text.contains(name))
}

async fn responses_contain_ids_and_no_names(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for target in ["GET 2", "PATCH 2", "PATCH 2 ?dry_run=true"] {
        let body = if target == "GET 2" { Value::Null } else { json!({"path": "elsewhere"}) };
        let answer = send(&api, request(HELPER, target, &[], &body)).await;
        assert_eq!(answer.status, 200, "{target}");
        assert!(names_no_group(&answer.json), "{target}: {}", answer.json);
        let user = answer.json.get("user").unwrap_or(&answer.json);
        assert_eq!((&user["groups"], &user["groups_obj"]), (&json!([group_id(STAFF)]), &json!([])));
    }
    // Superuser status is a property of the user and stays visible.
    let boss = send(&api, request(HELPER, "GET 7", &[], &Value::Null)).await.json;
    assert_eq!((&boss["is_superuser"], &boss["groups_obj"]), (&json!(true), &json!([])));
    let all = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await.json;
    assert_eq!(all["groups_obj"][0]["name"], "staff");
}

async fn lists_contain_ids_and_no_names(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| {
        granted.grant_on_group(UserId(VIEWER), Permission::ViewGroup, group_id(STAFF))
    });
    let list = ask(&api, Some(HELPER), "GET /core/users/", &[], &Value::Null).await.json;
    assert_eq!(list["pagination"]["count"], 7);
    assert!(names_no_group(&list), "{list}");
    let list = ask(&api, Some(VIEWER), "GET /core/users/?username=ann", &[], &Value::Null).await.json;
    assert_eq!(list["results"][0]["groups_obj"][0]["name"], "staff");
    // A filter does not reveal the members of a hidden group.
    for query in ["groups_by_name=chiefs", &format!("groups_by_pk={}", group_id(CHIEFS))] {
        let target = format!("GET /core/users/?{query}");
        let (name, value) = query.split_once('=').unwrap();
        let message = format!("Select a valid choice. {value} is not one of the available choices.");
        let answer = ask(&api, Some(HELPER), &target, &[], &Value::Null).await;
        assert_eq!((answer.status.as_u16(), answer.json), (400, json!({name: [message]})), "{query}");
    }
}

async fn hidden_group_equals_a_missing_group(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (method, headers) in [
        ("PATCH 2", &[][..]),
        ("PATCH 2 ?dry_run=true", &[]),
        ("PUT 2", &[]),
        ("PATCH 2", &[("content-type", "application/merge-patch+json")]),
    ] {
        let mut answers = Vec::new();
        for group in [DEVS, ADMINS, 99] {
            let id = group_id(group).to_string();
            let body = json!({"username": "ann", "name": "x", "groups": [group_id(STAFF), id]});
            let answer = send(&api, request(HELPER, method, headers, &body)).await;
            assert_eq!(answer.status, 400, "{method} {group}");
            answers.push(answer.json.to_string().replace(&id, "ID"));
        }
        answers.dedup();
        assert_eq!(answers, [r#"{"groups":["Invalid pk \"ID\" - object does not exist."]}"#], "{method}");
    }
    for group in [DEVS, ADMINS, 99] {
        let body = json!([{"op": "add", "path": "/groups/-", "value": group_id(group)}]);
        let answer = send(&api, request(HELPER, "PATCH 2", PATCH, &body)).await;
        assert!(answer.json["groups"][0].as_str().unwrap().contains("does not exist"), "{answer:?}");
    }
    assert_eq!(events(&store).await, []);
}

async fn response_of_get_can_be_sent_with_put(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let before = row(&store, ANN).await;
    let shown = send(&api, request(HELPER, "GET 2", &[], &Value::Null)).await;
    let tag = shown.etag();
    let put = send(&api, request(HELPER, "PUT 2", &[("if-match", &tag)], &shown.json)).await;
    assert_eq!((put.status.as_u16(), &put.json), (200, &shown.json));
    assert_eq!(row(&store, ANN).await, before);
}

async fn dry_run_names_no_hidden_group(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let dry = send(&api, request(HELPER, "PATCH 2 ?dry_run=true", &[], &json!({"groups": []}))).await;
    assert_eq!(dry.status, 200);
    assert!(names_no_group(&dry.json), "{}", dry.json);
    assert_eq!(dry.json["diff"]["groups"]["removed"][0]["id"], json!(group_id(STAFF)));
    let verdicts = dry.json["verdicts"].as_array().unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.get("group").is_none()), "{verdicts:?}");
}

async fn membership_change_names_no_hidden_group(kind: Kind) {
    let grant = |granted: StaticPermissions| {
        granted
            .grant(UserId(HELPER), Permission::AddUserToGroup)
            .grant(UserId(HELPER), Permission::RemoveUserFromGroup)
    };
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), grant);
    for (group, action, user) in [
        (DEVS, "add_user", ANN),
        (STAFF, "remove_user", ANN),
        (CHIEFS, "add_user", ANN),
        (ADMINS, "remove_user", ROOT),
    ] {
        let target = format!("POST /core/groups/{}/{action}/?dry_run=true", group_id(group));
        let answer = ask(&api, Some(HELPER), &target, &[], &json!({"pk": user})).await;
        let expected = if [CHIEFS, ADMINS].contains(&group) { 403 } else { 200 };
        assert_eq!(answer.status, expected, "{target}: {answer:?}");
        assert!(names_no_group(&answer.json), "{}", answer.json);
    }
}

async fn patch_test_compares_with_the_visible_representation(kind: Kind) {
    let store = store(kind).await;
    let hidden = api(&store, Policy::hardened());
    let visible = crate::api_with_groups(&store, Policy::hardened());
    for api in [&hidden, &visible] {
        for query in ["", "?include_groups=false"] {
            let shown = send(api, request(HELPER, &format!("GET 2 {query}"), &[], &Value::Null)).await.json;
            let tests: Vec<Value> = shown
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| json!({"op": "test", "path": format!("/{name}"), "value": value}))
                .chain([json!({"op": "test", "path": "", "value": shown})])
                .collect();
            for test in tests {
                let target = format!("PATCH 2 {query}");
                let answer = send(api, request(HELPER, &target, PATCH, &json!([test]))).await;
                assert_eq!(answer.status, 200, "{test}");
            }
        }
    }
    // A hidden name cannot be guessed by a test operation.
    let guess = json!([{"op": "test", "path": "/groups_obj/0/name", "value": "staff"}]);
    assert_eq!(send(&hidden, request(HELPER, "PATCH 2", PATCH, &guess)).await.status, 409);
    assert_eq!(send(&visible, request(HELPER, "PATCH 2", PATCH, &guess)).await.status, 200);
}

async fn name_of_a_hidden_parent_is_left_out(kind: Kind) {
    let store = store(kind).await;
    let grant = |granted: StaticPermissions| {
        granted.grant_on_group(UserId(VIEWER), Permission::ViewGroup, group_id(CHIEFS))
    };
    let api = directory(&store, Policy::hardened(), grant);
    let chiefs = format!("GET /core/groups/{}/", group_id(CHIEFS));
    for target in
        [chiefs.as_str(), "GET /core/groups/", "GET /core/users/7/", "GET /core/users/?username=boss"]
    {
        let answer = ask(&api, Some(VIEWER), target, &[], &Value::Null).await;
        let text = answer.json.to_string();
        assert!(
            answer.status == 200 && text.contains("chiefs") && !text.contains("admins"),
            "{target}: {text}"
        );
    }
}

async fn recorded_policy_hides_no_group(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::authentik_2025_2());
    let shown = send(&api, request(HELPER, "GET 2", &[], &Value::Null)).await.json;
    assert_eq!(shown["groups_obj"][0]["name"], "staff");
    let body = json!({"groups": [group_id(DEVS)]});
    assert_eq!(send(&api, request(HELPER, "PATCH 2", &[], &body)).await.status, 200);
}
