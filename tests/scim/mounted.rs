//! The provider behind axum and actix-web.

use actix_web::{App, test};
use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower_service::Service;
use userbook_tests::fixture::Kind;

use crate::provider::{Provider, USER};

/// Requests with the expected status: method, path below the provider, body.
fn requests() -> Vec<(&'static str, &'static str, Option<Value>, u16)> {
    vec![
        ("GET", "ServiceProviderConfig", None, 200),
        ("POST", "Users", Some(json!({"schemas": [USER], "userName": "ada"})), 201),
        ("POST", "Users", Some(json!({"schemas": [USER], "userName": "ada"})), 409),
        ("GET", "Users?filter=userName%20eq%20%22ada%22", None, 200),
        ("GET", "Users/a%2Fb", None, 404),
        ("GET", "Schemas/urn:ietf:params:scim:schemas:core:2.0:User", None, 200),
        ("DELETE", "Users", None, 405),
    ]
}

#[tokio::test]
async fn axum_mounts_the_provider() {
    let api = Provider::new(Kind::Memory).await.into_api();
    let mut app = axum::Router::new().merge(userbook_axum::router(api));
    for (method, path, body, status) in requests() {
        let body = body.map_or_else(String::new, |body| body.to_string());
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{path}"))
            .header("authorization", "Bearer okta")
            .header("content-type", "application/scim+json");
        let response = app.call(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()["content-type"], "application/scim+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(serde_json::from_slice::<Value>(&body).is_ok(), "{method} {path}");
    }
}

#[tokio::test]
async fn actix_mounts_the_provider() {
    let api = Provider::new(Kind::Memory).await.into_api();
    let app = test::init_service(App::new().configure(userbook_actix::routes(api))).await;
    for (method, path, body, status) in requests() {
        let mut request = test::TestRequest::with_uri(&format!("/scim/v2/{path}"))
            .method(method.parse().unwrap())
            .insert_header(("authorization", "Bearer okta"))
            .insert_header(("content-type", "application/scim+json"));
        if let Some(body) = body {
            request = request.set_payload(body.to_string());
        }
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        let body = test::read_body(response).await;
        assert!(serde_json::from_slice::<Value>(&body).is_ok(), "{method} {path}");
    }
}
