//! The API of one case with the ports of its host, bare and behind each framework.

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use axum::{body::Body, http};
use http_body_util::{BodyExt, Full};
use tower_service::Service;
use userbook::{
    PermissionAuthorizer, Policy, StaticPermissions,
    store::{ListStore, ProvisioningStore},
};
use userbook_http::{BearerAuthenticator, DirectoryApi, Endpoint};

use crate::{
    corpus::{Case, case::Request},
    host::{self, CaseToken},
    replay::target,
};

/// A way to send a request to the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The endpoint without a framework.
    Bare,
    /// axum's router.
    Axum,
    /// actix-web's routes.
    Actix,
}

impl Way {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::Bare, Self::Axum, Self::Actix];
}

/// A response.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub allow: Option<String>,
    pub body: Vec<u8>,
}

/// The tokens that a request made.
#[derive(Debug, Clone, Default)]
pub struct CaseTokens;

impl CaseTokens {
    /// No tokens yet.
    pub fn new() -> Self {
        Self
    }

    /// Returns the tokens as recorded: identifier, intent, expiry and owner.
    pub(super) fn made(&self) -> Vec<serde_json::Value> {
        Vec::new()
    }
}

type Api<S> = DirectoryApi<S, PermissionAuthorizer<StaticPermissions>, BearerAuthenticator<CaseToken>>;

/// Returns the API of a case.
pub(super) fn api<S: ProvisioningStore + ListStore>(
    case: &Case,
    store: S,
    policy: Policy,
    _tokens: CaseTokens,
) -> Api<S> {
    DirectoryApi::from(host::api(case, host::service(case, store, policy)))
}

/// Sends a recorded request.
pub(super) async fn send<E: Endpoint>(api: E, recorded: &Request, way: Way) -> Answer {
    let mut request = http::Request::builder().method(recorded.method.as_str()).uri(target(recorded));
    for (name, value) in &recorded.headers {
        request = request.header(name, value.as_bytes());
    }
    let bytes = recorded.bytes();
    if way == Way::Actix {
        let app = init_service(actix_web::App::new().configure(userbook_actix::routes(api))).await;
        let mut request =
            TestRequest::default().method(recorded.method.parse().expect("a method")).uri(&target(recorded));
        for (name, value) in &recorded.headers {
            request = request.insert_header((name.as_str(), value.as_bytes()));
        }
        let response = call_service(&app, request.set_payload(bytes).to_request()).await;
        let status = response.status().as_u16();
        let allow = response.headers().get("allow").and_then(|allow| allow.to_str().ok());
        let allow = allow.map(str::to_owned);
        return Answer { status, allow, body: read_body(response).await.to_vec() };
    }
    let response = if way == Way::Bare {
        let request = request.body(Full::new(bytes::Bytes::from(bytes))).expect("a request that can be sent");
        api.respond(request).await.map(|body| body.to_vec())
    } else {
        let request = request.body(Body::from(bytes)).expect("a request that can be sent");
        let response = userbook_axum::router(api).call(request).await.expect("a response");
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("the body arrives").to_bytes();
        http::Response::from_parts(head, body.to_vec())
    };
    let allow = response.headers().get(http::header::ALLOW).and_then(|allow| allow.to_str().ok());
    let allow = allow.map(str::to_owned);
    Answer { status: response.status().as_u16(), allow, body: response.into_body() }
}
