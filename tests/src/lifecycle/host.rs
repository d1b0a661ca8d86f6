//! The API of one case with the ports of its host, bare and behind each framework.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use async_trait::async_trait;
use axum::{body::Body, http};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower_service::Service;
use userbook::{
    PermissionAuthorizer, Policy, StaticPermissions, User, UserId,
    clock::{ChangeIds, Clock, RandomIds, SystemClock},
    model::timestamp_text,
    store::{ListStore, ProvisioningStore},
};
use userbook_http::{
    BearerAuthenticator, Credentials, DirectoryApi, Endpoint, NewToken, Password, PasswordChange, PortError,
    PreparedPassword, TokenKey, Tokens,
};

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

/// The tokens that a request made, and passwords, which are not kept.
#[derive(Debug, Clone, Default)]
pub struct CaseTokens(Arc<Mutex<Vec<NewToken>>>);

impl CaseTokens {
    /// No tokens yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn tokens(&self) -> MutexGuard<'_, Vec<NewToken>> {
        self.0.lock().expect("no holder panics")
    }

    /// Returns whether no token was made.
    pub fn is_empty(&self) -> bool {
        self.tokens().is_empty()
    }

    /// Returns the tokens as recorded: identifier, intent, expiry and owner.
    pub(super) fn made(&self) -> Vec<Value> {
        let token = |token: &NewToken| {
            json!({
                "identifier": token.identifier, "intent": token.intent.as_str(), "expiring": token.expiring,
                "expires": token.expires.map(timestamp_text), "user_pk": token.user,
            })
        };
        self.tokens().iter().map(token).collect()
    }
}

#[async_trait]
impl Tokens for CaseTokens {
    async fn is_taken(&self, identifier: &str) -> Result<bool, PortError> {
        Ok(self.tokens().iter().any(|token| token.identifier == identifier))
    }

    async fn create(&self, token: &NewToken) -> Result<TokenKey, PortError> {
        let usual = || SystemClock.now() + Duration::from_mins(30);
        let expires = token.expires.or_else(|| token.expiring.then(usual));
        self.tokens().push(NewToken { expires, ..token.clone() });
        Ok(TokenKey::random(|| RandomIds.next_uuid()))
    }

    async fn forget(&self, user: UserId) -> Result<(), PortError> {
        self.tokens().retain(|token| token.user != user);
        Ok(())
    }
}

#[async_trait]
impl Credentials for CaseTokens {
    async fn prepare(&self, _: &User, password: Option<Password>) -> Result<PreparedPassword, PortError> {
        let hash = |password: Password| PreparedPassword::hash(password.reveal());
        Ok(password.map_or_else(PreparedPassword::unusable, hash))
    }

    async fn store(&self, _: &PasswordChange) -> Result<(), PortError> {
        Ok(())
    }
}

type Api<S> = DirectoryApi<S, PermissionAuthorizer<StaticPermissions>, BearerAuthenticator<CaseToken>>;

/// Returns the API of a case.
pub(super) fn api<S: ProvisioningStore + ListStore>(
    case: &Case,
    store: S,
    policy: Policy,
    tokens: CaseTokens,
) -> Api<S> {
    let api = DirectoryApi::from(host::api(case, host::service(case, store, policy)));
    api.with_credentials(tokens.clone()).with_tokens(tokens)
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
