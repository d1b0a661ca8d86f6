//! Bulk requests.

use serde_json::{Value, json};
use userbook_tests::fixture::Kind;

use crate::{
    on_each_store,
    provider::{GROUP, Provider, patch, user},
};

on_each_store!(
    operations_refer_to_each_other,
    errors_stop_a_request,
    circles_and_unknown_references_fail,
    values_of_the_wrong_type_are_errors,
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
