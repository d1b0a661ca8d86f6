//! The API as a `tower` service, without a framework adapter.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower_service::Service;
use userbook::Policy;
use userbook_http::Endpoint;
use userbook_tests::fixture::{Kind, ROOT, api, request, store};

on_every_store!(api_is_a_tower_service);

async fn api_is_a_tower_service(kind: Kind) {
    let store = store(kind).await;
    let mut service = api(&store, Policy::hardened()).into_service();
    let response: http::Response<Full<Bytes>> =
        service.call(request(ROOT, "PATCH 2", &[], &json!({"name": "x"}))).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let user: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(user["name"], "x");
}
