//! Bulk requests.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use userbook::{
    Timestamp,
    clock::{Clock, SystemClock},
};
use userbook_scim::ScimLimits;
use userbook_tests::fixture::{ANN, Kind, row};

use crate::{
    on_each_store,
    provider::{ENTERPRISE, GROUP, Provider, patch, user},
};

on_each_store!(
    operations_refer_to_each_other,
    errors_stop_a_request,
    circles_and_unknown_references_fail,
    keys_and_paths_have_references,
    ids_of_created_resources_differ,
    values_of_the_wrong_type_are_errors,
    changes_of_a_group_do_not_read_the_members,
    operations_after_the_time_limit_do_not_begin,
    repeated_denials_load_once_and_are_counted,
);

fn bulk(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": 1, "Operations": operations})
}

async fn operations_refer_to_each_other(kind: Kind) {
    let provider = Provider::new(kind).await;
    let group = json!({"schemas": [GROUP], "displayName": "crew", "members": [{"value": "bulkId:u"}]});
    let rename = patch(&json!([{"op": "replace", "path": "displayName", "value": "B"}]));
    let body = bulk(&json!([
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group},
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": user("ada")},
        {"method": "PATCH", "path": "/Users/bulkId:u", "data": rename},
        {"method": "post", "path": "/Users", "bulkId": "v", "data": user("bo")},
        {"method": "DELETE", "path": "/Users/bulkId:v"},
    ]));
    let answer = provider.ask("POST /Bulk", body).await.expect(200);
    let results = answer["Operations"].as_array().unwrap();
    let statuses: Vec<&str> = results.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["201", "201", "200", "201", "204"], "{answer}");
    let location = results[0]["location"].as_str().unwrap();
    let group = location.rsplit('/').next().unwrap();
    assert_eq!(provider.members(group).await.len(), 1);
    assert!(results.iter().take(4).all(|it| it["version"].is_string()), "{answer}");
    let id = results[1]["location"].as_str().unwrap().rsplit('/').next().unwrap();
    let stale = results[1]["version"].as_str().unwrap();
    // The group has changed the user once more.
    let current = provider.ask(&format!("GET /Users/{id}"), Value::Null).await.etag();
    for (version, status) in [(stale, "412"), (&*current, "204")] {
        let body = bulk(&json!([{"method": "DELETE", "path": format!("/Users/{id}"), "version": version}]));
        let answer = provider.ask("POST /Bulk", body).await.expect(200);
        assert_eq!(answer["Operations"][0]["status"], status, "{answer}");
    }
}

async fn errors_stop_a_request(kind: Kind) {
    let provider = Provider::new(kind).await;
    let operations = json!([
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": ""}},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("ada")},
    ]);
    let answer = provider.ask("POST /Bulk", bulk(&operations)).await.expect(200);
    assert_eq!(answer["Operations"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["Operations"][0]["response"]["scimType"], "invalidValue");
    let mut patient = bulk(&operations);
    patient["failOnErrors"] = 2.into();
    let answer = provider.ask("POST /Bulk", patient).await.expect(200);
    assert_eq!(answer["Operations"][1]["status"], "201", "{answer}");
    for (operations, status) in [
        (json!([{"method": "POST", "path": "/Users", "data": {}}]), 400),
        (json!([{"path": "/Users"}]), 400),
        (json!({}), 400),
    ] {
        provider.ask("POST /Bulk", bulk(&operations)).await.expect(status);
    }
    // Only resources are written.
    let nested = bulk(&json!([{"method": "POST", "path": "/Bulk", "bulkId": "x", "data": {}}]));
    assert_eq!(provider.ask("POST /Bulk", nested).await.expect(200)["Operations"][0]["status"], "405");
}

async fn circles_and_unknown_references_fail(kind: Kind) {
    let provider = Provider::new(kind).await;
    let group = |name: &str, member: &str| json!({"schemas": [GROUP], "displayName": name, "members": [{"value": member}]});
    let mut body = bulk(&json!([
        {"method": "POST", "path": "/Groups", "bulkId": "a", "data": group("a", "bulkId:b")},
        {"method": "POST", "path": "/Groups", "bulkId": "b", "data": group("b", "bulkId:a")},
        {"method": "POST", "path": "/Groups", "bulkId": "c", "data": group("c", "bulkId:nothing")},
    ]));
    body["failOnErrors"] = 9.into();
    let answer = provider.ask("POST /Bulk", body).await.expect(200);
    let results = answer["Operations"].as_array().unwrap();
    assert!(results.len() == 3 && results.iter().all(|it| it["status"] == "409"), "{answer}");
}

/// Keys with a URN or a sub-attribute, and filters of paths.
async fn keys_and_paths_have_references(kind: Kind) {
    let provider = Provider::new(kind).await;
    let ada = provider.user("ada").await;
    let extension = patch(&json!([{"op": "add", "value": {format!("{ENTERPRISE}:manager"): "bulkId:m"}}]));
    let sub = patch(&json!([{"op": "add", "value": {format!("{ENTERPRISE}:manager.value"): "bulkId:m"}}]));
    let text = patch(&json!([{"op": "add", "value": {"title": "bulkId:m", "name.middleName": "bulkId:m"}}]));
    for (change, name) in [(extension, "m1"), (sub, "m2")] {
        let body = bulk(&json!([
            {"method": "PATCH", "path": format!("/Users/{ada}"), "data": change},
            {"method": "PATCH", "path": format!("/Users/{ada}"), "data": text},
            {"method": "POST", "path": "/Users", "bulkId": "m", "data": user(name)},
        ]));
        let answer = provider.ask("POST /Bulk", body).await.expect(200);
        let manager = answer["Operations"][2]["location"].as_str().unwrap().rsplit('/').next().unwrap();
        let shown = provider.ask(&format!("GET /Users/{ada}"), Value::Null).await.expect(200);
        assert_eq!(shown[ENTERPRISE]["manager"]["value"], manager, "{change}");
        assert_eq!((&shown["title"], &shown["name"]["middleName"]), (&json!("bulkId:m"), &json!("bulkId:m")));
    }
    let group = json!({"schemas": [GROUP], "displayName": "crew", "members": [{"value": "bulkId:u"}, {"value": ada}]});
    let remove = patch(&json!([{"op": "remove", "path": "members[value eq \"bulkId:u\"]"}]));
    let body = bulk(&json!([
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": user("u")},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group},
        {"method": "PATCH", "path": "/Groups/bulkId:g", "data": remove},
    ]));
    let answer = provider.ask("POST /Bulk", body).await.expect(200);
    assert_eq!(answer["Operations"][2]["status"], "200", "{answer}");
    let group = answer["Operations"][1]["location"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(provider.members(group).await, [ada]);
}

async fn ids_of_created_resources_differ(kind: Kind) {
    let provider = Provider::new(kind).await;
    let create =
        |id: &str, name: &str| json!({"method": "POST", "path": "/Users", "bulkId": id, "data": user(name)});
    let twice = bulk(&json!([create("a", "ada"), create("b", "bo"), create("a", "cy")]));
    let answer = provider.ask("POST /Bulk", twice).await.expect(400);
    assert_eq!(answer["scimType"], "invalidValue", "{answer}");
    assert_eq!(provider.ask("GET /Users", Value::Null).await.expect(200)["totalResults"], 0);
    provider.ask("POST /Bulk", bulk(&json!([create("a", "ada"), create("A", "bo")]))).await.expect(200);
}

async fn values_of_the_wrong_type_are_errors(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let path = format!("/Users/{id}");
    for operation in [
        json!({"method": "DELETE", "path": path, "version": 5}),
        json!({"method": "DELETE", "path": [path]}),
        json!({"method": 7, "path": path}),
        json!({"method": "POST", "path": "/Users", "bulkId": 1, "data": user("bo")}),
    ] {
        let answer = provider.ask("POST /Bulk", bulk(&json!([operation]))).await.expect(400);
        assert_eq!(answer["scimType"], "invalidSyntax", "{operation}");
    }
    for (value, status) in [(json!("x"), 400), (json!(-1), 400), (json!("1"), 200), (Value::Null, 200)] {
        let mut body = bulk(&json!([]));
        body["failOnErrors"] = value.clone();
        assert_eq!(provider.ask("POST /Bulk", body).await.status, status, "{value}");
    }
    // Keys in any case; a text that begins like a reference.
    let data = json!({"schemas": [GROUP], "displayName": "bulkId:x"});
    let body = bulk(&json!([{"Method": "POST", "Path": "/Groups", "BulkId": "g", "Data": data}]));
    let answer = provider.ask("POST /Bulk", body).await.expect(200);
    assert_eq!(answer["Operations"][0]["status"], "201", "{answer}");
}

async fn changes_of_a_group_do_not_read_the_members(kind: Kind) {
    let provider = Provider::new(kind).await;
    let (ada, bo) = (provider.user("ada").await, provider.user("bo").await);
    let group = provider.group("crew", &[&ada, &bo]).await;
    let path = format!("/Groups/{group}");
    let rename = |name: &str| patch(&json!([{"op": "replace", "path": "displayName", "value": name}]));
    let mut operations = vec![json!({"method": "PATCH", "path": path, "data": rename("crew")}); 40];
    operations.push(json!({"method": "PATCH", "path": path, "data": rename("team")}));
    operations
        .push(json!({"method": "PUT", "path": path, "data": {"schemas": [GROUP], "displayName": "squad"}}));
    provider.calls();
    let answer = provider.ask("POST /Bulk", bulk(&json!(operations))).await.expect(200);
    let calls = provider.calls();
    assert!(!calls.iter().any(|call| call.starts_with("list_")), "{calls:?}");
    let results = answer["Operations"].as_array().unwrap();
    assert!(results.len() == 42 && results.iter().all(|it| it["status"] == "200"), "{answer}");
    // The version of the response guards later changes.
    let version = |position: usize| results[position]["version"].as_str().unwrap();
    assert_eq!(version(0), version(39));
    for (version, status) in [(version(0), 412), (version(41), 200)] {
        let target = format!("PATCH {path}");
        provider.ask_as("okta", &target, &[("if-match", version)], rename("squad")).await.expect(status);
    }
}

/// A clock that moves a second forward with each reading.
#[derive(Debug, Default)]
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

async fn operations_after_the_time_limit_do_not_begin(kind: Kind) {
    let limits = ScimLimits { bulk_time: Duration::from_secs(3), ..ScimLimits::default() };
    let provider = Provider::new(kind).await.limited(limits).at_time_of(Ticking::default());
    let create = |name: &str| json!({"method": "POST", "path": "/Users", "bulkId": name, "data": user(name)});
    let mut body = bulk(&json!([create("a"), create("b"), create("c"), create("d")]));
    body["failOnErrors"] = 9.into();
    let answer = provider.ask("POST /Bulk", body).await.expect(200);
    let results = answer["Operations"].as_array().unwrap();
    let statuses: Vec<&str> = results.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["201", "201", "503", "503"], "{answer}");
    assert_eq!(results[2]["response"]["detail"], "bulk request exceeds 3s");
    let users = provider.ask("GET /Users", Value::Null).await.expect(200);
    assert_eq!(users["totalResults"], 2);
}

async fn repeated_denials_load_once_and_are_counted(kind: Kind) {
    let provider = Provider::new(kind).await;
    let foreign = row(&provider.store, ANN).await.uuid.to_string();
    let missing = "5e1f0000-0000-4000-8000-000000000001".to_owned();
    let own = provider.user("ada").await;
    let ask = async |paths: Vec<String>| {
        let operations: Vec<Value> =
            paths.into_iter().map(|path| json!({"method": "DELETE", "path": path})).collect();
        let mut body = bulk(&json!(operations));
        body["failOnErrors"] = 1000.into();
        provider.calls();
        let answer = provider.ask("POST /Bulk", body).await;
        let (loads, denials) = (provider.calls().len(), answer.denials.map(|denials| denials.0));
        let results = answer.expect(200)["Operations"].clone();
        let statuses = results.as_array().unwrap().iter().map(|it| it["status"].clone()).collect::<Vec<_>>();
        (loads, denials, statuses)
    };
    let users = |id: &str, count: usize| vec![format!("/Users/{id}"); count];
    let (once, denials, _) = ask(users(&foreign, 1)).await;
    assert_eq!(denials, Some(1));
    for id in [&foreign, &missing] {
        let (loads, denials, statuses) = ask(users(id, 100)).await;
        assert_eq!((loads, denials), (once, Some(1)), "{id}");
        assert!(statuses.len() == 100 && statuses.iter().all(|status| status == "404"), "{statuses:?}");
    }
    // Other spellings of one path.
    let upper = foreign.to_uppercase();
    let spellings = [
        format!("/Users/{foreign}"),
        format!("/Users/{upper}"),
        format!("Users/{foreign}/"),
        format!("//Users/{foreign}"),
    ];
    let (loads, denials, _) = ask(spellings.into()).await;
    assert_eq!((loads, denials), (once, Some(1)));
    let (_, denials, _) = ask([users(&foreign, 2), users(&missing, 2)].concat()).await;
    assert_eq!(denials, Some(2));
    let (_, denials, statuses) = ask(users(&own, 1)).await;
    assert_eq!((denials, statuses), (None, vec![json!("204")]));
}
