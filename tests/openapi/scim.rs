//! The description of the SCIM provider: the committed file equals the generated one, every operation is described and
//! no other, and responses fit.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService, UserType};
use userbook_memory::MemoryStore;
use userbook_scim::{Connection, ConnectionAuthorizer, Mapping, ScimApi, StaticConnections, openapi::schema};

use crate::{assert_committed, references};

type Api = ScimApi<
    Arc<MemoryStore>,
    ConnectionAuthorizer<PermissionAuthorizer<StaticPermissions>>,
    StaticConnections,
>;

async fn api() -> Api {
    let (store, permissions) = (Arc::new(MemoryStore::new()), StaticPermissions::none());
    let own = UserService::new(Arc::clone(&store), PermissionAuthorizer::new(permissions.clone()));
    let account = NewUser::new("scim-okta", "").with(|user| user.user_type(UserType::ServiceAccount));
    let account = own.insert_user(&Actor::system(), account).await.unwrap().view.user.id;
    let connection = Connection::new("okta", Actor::user(account)).unwrap();
    let scim = UserService::new(store, ConnectionAuthorizer::new(PermissionAuthorizer::new(permissions)));
    ScimApi::new(scim, StaticConnections::new().with("okta", connection))
}

/// Sends a request; returns the status, the header `Allow` and the body.
async fn ask(api: &Api, method: &str, path: &str, body: &Value) -> (u16, String, Value) {
    let mut request = Request::builder().method(method).uri(format!("/scim/v2{path}"));
    request = request.header("authorization", "Bearer okta").header("content-type", "application/scim+json");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = api.handle(request.body(Full::new(Bytes::from(body))).unwrap()).await;
    let allow = answer.headers().get("allow").map_or("", |value| value.to_str().unwrap()).to_owned();
    (answer.status().as_u16(), allow, serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// Returns where a value does not fit its shape. A member that the shape does not have is a difference, too.
fn misfits(document: &Value, shape: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = shape["$ref"].as_str() {
        return misfits(document, &document.pointer(&reference[1..]).unwrap().clone(), value, at);
    }
    if let Some(shapes) = shape["anyOf"].as_array() {
        let fits = shapes.iter().any(|shape| misfits(document, shape, value, at).is_empty());
        return if fits { Vec::new() } else { vec![format!("{at} fits no shape")] };
    }
    let is_of_type = match shape["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64(),
        Some(other) => panic!("{other} at {at}"),
        None => true,
    };
    if !is_of_type {
        return vec![format!("{at} is no {}: {value}", shape["type"])];
    }
    let required = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut found: Vec<String> = required
        .filter(|name| value.get(name).is_none())
        .map(|name| format!("{at}.{name} is missing"))
        .collect();
    if let (Some(members), Some(properties)) = (value.as_object(), shape["properties"].as_object()) {
        for (name, member) in members {
            match properties.get(name) {
                Some(shape) => found.extend(misfits(document, shape, member, &format!("{at}.{name}"))),
                None => found.push(format!("{at}.{name} is not described")),
            }
        }
    }
    for (position, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(misfits(document, &shape["items"], item, &format!("{at}[{position}]")));
    }
    found
}

/// Requires that the response of an operation is described and fits.
async fn fits(api: &Api, method: &str, path: &str, described: &str, body: Value) -> Value {
    let document = schema(&Mapping::default());
    let (status, _, answer) = ask(api, method, path, &body).await;
    let operation = &document["paths"][described][method.to_lowercase()];
    let mut response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{method} {path} {status}: {answer}");
    if let Some(reference) = response["$ref"].as_str() {
        response = document.pointer(&reference[1..]).unwrap();
    }
    let shape = &response["content"]["application/scim+json"]["schema"];
    assert_eq!(shape.is_null(), answer.is_null(), "{method} {path} {status}: {answer}");
    if !shape.is_null() {
        assert_eq!(misfits(&document, shape, &answer, "$"), Vec::<String>::new(), "{method} {path} {status}");
    }
    answer
}

#[tokio::test]
async fn every_scim_operation_is_described_and_no_other() {
    let (api, document) = (api().await, schema(&Mapping::default()));
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = ["get", "post", "put", "patch", "delete"];
        let described: BTreeSet<&str> =
            methods.into_iter().filter(|method| item[*method].is_object()).collect();
        let (status, allow, _) = ask(&api, "TRACE", &path.replace("{id}", "x"), &Value::Null).await;
        assert_eq!(status, 405, "{path}");
        let allowed: BTreeSet<String> = allow.split(", ").map(str::to_lowercase).collect();
        let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).filter(|it| *it != "head").collect();
        assert_eq!(described, allowed, "{path}");
    }
}

#[tokio::test]
async fn scim_responses_fit_the_description() {
    let api = api().await;
    let urn = |name: &str| format!("urn:ietf:params:scim:{name}");
    let body = json!({
        "schemas": [urn("schemas:core:2.0:User")], "userName": "ada", "externalId": "7", "active": true, "title": "Dr",
        "name": {"givenName": "Ada"}, "emails": [{"value": "a@example.com", "type": "work", "primary": true}],
        "addresses": [{"country": "GB"}], "x509Certificates": [{"value": "AAAA"}],
        urn("schemas:extension:enterprise:2.0:User"): {"department": "R&D", "manager": {"value": "9"}},
    });
    let user = fits(&api, "POST", "/Users", "/Users", body.clone()).await;
    let id = user["id"].as_str().unwrap();
    let group = json!({
        "schemas": [urn("schemas:core:2.0:Group")], "displayName": "crew", "members": [{"value": id}],
    });
    let created = fits(&api, "POST", "/Groups", "/Groups", group.clone()).await;
    let crew = created["id"].as_str().unwrap();
    let patch =
        |operation: Value| json!({"schemas": [urn("api:messages:2.0:PatchOp")], "Operations": [operation]});
    let rename = patch(json!({"op": "replace", "path": "displayName", "value": "x"}));
    let search = json!({"schemas": [urn("api:messages:2.0:SearchRequest")]});
    let bulk = json!({
        "schemas": [urn("api:messages:2.0:BulkRequest")],
        "Operations": [
            {"method": "DELETE", "path": "/Users/x"},
            {"method": "POST", "path": "/Groups", "bulkId": "b", "data": {"schemas": [urn("schemas:core:2.0:Group")], "displayName": "y"}},
        ],
    });
    let (one, one_group) = (format!("/Users/{id}"), format!("/Groups/{crew}"));
    for (method, path, described, body) in [
        ("GET", "/ServiceProviderConfig", "/ServiceProviderConfig", Value::Null),
        ("GET", "/ResourceTypes", "/ResourceTypes", Value::Null),
        ("GET", "/ResourceTypes/User", "/ResourceTypes/{id}", Value::Null),
        ("GET", "/Schemas", "/Schemas", Value::Null),
        ("GET", "/Schemas/x", "/Schemas/{id}", Value::Null),
        ("POST", "/Users", "/Users", body.clone()),
        ("POST", "/Users", "/Users", json!({})),
        ("GET", "/Users", "/Users", Value::Null),
        ("GET", "/Users?filter=(", "/Users", Value::Null),
        ("GET", one.as_str(), "/Users/{id}", Value::Null),
        ("PUT", &one, "/Users/{id}", body),
        ("PATCH", &one, "/Users/{id}", rename.clone()),
        ("PATCH", "/Users/x", "/Users/{id}", rename.clone()),
        ("POST", "/Users/.search", "/Users/.search", search.clone()),
        ("GET", "/Groups", "/Groups", Value::Null),
        ("GET", &one_group, "/Groups/{id}", Value::Null),
        ("PUT", &one_group, "/Groups/{id}", group),
        ("PATCH", &one_group, "/Groups/{id}", rename),
        ("POST", "/Groups/.search", "/Groups/.search", search.clone()),
        ("POST", "/.search", "/.search", search),
        ("POST", "/Bulk", "/Bulk", bulk),
        ("DELETE", &one_group, "/Groups/{id}", Value::Null),
        ("DELETE", &one, "/Users/{id}", Value::Null),
        ("DELETE", &one, "/Users/{id}", Value::Null),
    ] {
        fits(&api, method, path, described, body).await;
    }
}

#[test]
fn every_scim_reference_has_a_target() {
    let document = schema(&Mapping::default());
    for reference in references(&document) {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[test]
fn committed_scim_file_equals_the_generated_one() {
    assert_committed("crates/userbook-scim/openapi/scim.json", &schema(&Mapping::default()));
}
