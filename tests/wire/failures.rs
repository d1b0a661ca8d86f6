//! Failures of ports: the client learns no details.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Response, request::Parts};
use serde_json::{Value, json};
use userbook::{
    Actor, Authorizer, PermissionAuthorizer, StaticPermissions, User, UserService, UserStore,
    authz::{AuthorizerError, AuthorizerErrorKind, Check, Resource, Verdicts},
    model::GroupGraph,
    store::{ChangeSet, CommitOutcome, Snapshot, SnapshotQuery, StoreError, StoreErrorKind},
};
use userbook_http::{
    AuthenticationError, Authenticator, BearerAuthenticator, Failure, Representation, TokenHash, TokenRecord,
    TokenStore, UserApi,
};
use userbook_tests::fixture::{AnyStore, Kind, Numbered, ROOT, request, store};

on_every_store!(
    store_errors_reveal_nothing,
    authorizer_errors_reveal_nothing,
    authenticator_errors_reveal_nothing,
    repeated_conflicts_return_409
);

/// A store that fails, or reports a conflict for every commit.
#[derive(Debug)]
struct Faulty {
    inner: AnyStore,
    load: Option<StoreErrorKind>,
    commit: Option<StoreErrorKind>,
}

fn failure(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "secret://user:password@host")
}

#[async_trait]
impl UserStore for Faulty {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        match self.load {
            Some(kind) => Err(failure(kind)),
            None => self.inner.load(query).await,
        }
    }

    async fn commit(&self, _change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        match self.commit {
            Some(kind) => Err(failure(kind)),
            None => Ok(CommitOutcome::Conflict),
        }
    }
}

#[derive(Debug)]
struct NoAnswer(AuthorizerErrorKind);

#[async_trait]
impl Authorizer for NoAnswer {
    async fn authorize(&self, _: &Actor, _: Resource<'_>, _: &[Check]) -> Result<Verdicts, AuthorizerError> {
        Err(AuthorizerError { kind: self.0, source: "secret policy server".into() })
    }

    async fn can_grant_superuser(&self, _: &User, _: &GroupGraph) -> Result<bool, AuthorizerError> {
        Err(AuthorizerError { kind: self.0, source: "secret policy server".into() })
    }
}

#[derive(Debug)]
struct NoTokens(StoreErrorKind);

#[async_trait]
impl TokenStore for NoTokens {
    async fn find(&self, _: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        Err(failure(self.0))
    }
}

async fn answer<S: UserStore, A: Authorizer, N: Authenticator>(
    store: S,
    authorizer: A,
    authenticator: N,
    target: &str,
) -> Response<Bytes> {
    let service = UserService::new(store, authorizer);
    let api = UserApi::new(service, authenticator, Representation::new(""));
    let body = if target.starts_with("PATCH") { json!({"name": "x"}) } else { Value::Null };
    api.handle(request(ROOT, target, &[], &body)).await
}

/// Checks that the response reveals nothing and that its extensions contain the cause.
fn check(response: &Response<Bytes>, status: u16, what: &str) {
    assert_eq!(response.status(), status, "{what}");
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert!(!body.to_string().contains("secret"), "{what}");
    if status == 500 {
        assert_eq!(body, json!({"detail": "Internal server error."}));
    }
    let retry = response.headers().get("retry-after").map(|after| after.to_str().unwrap());
    assert_eq!(retry, (status == 503).then_some("1"), "{what}");
    assert!(response.extensions().get::<Failure>().unwrap().to_string().contains("secret"), "{what}");
}

async fn store_errors_reveal_nothing(kind: Kind) {
    let inner = store(kind).await;
    let granted = || PermissionAuthorizer::new(StaticPermissions::none());
    for (failure, status) in [
        (StoreErrorKind::Transient, 503),
        (StoreErrorKind::Ambiguous, 500),
        (StoreErrorKind::Corrupt, 500),
        (StoreErrorKind::Other, 500),
    ] {
        for target in ["GET 2", "PATCH 2", "OPTIONS 2"] {
            let store = Faulty { inner: Arc::clone(&inner), load: Some(failure), commit: None };
            let what = format!("{failure:?} {target}");
            check(&answer(store, granted(), Numbered, target).await, status, &what);
        }
        let store = Faulty { inner: Arc::clone(&inner), load: None, commit: Some(failure) };
        check(&answer(store, granted(), Numbered, "PATCH 2").await, status, &format!("{failure:?} commit"));
    }
}

async fn authorizer_errors_reveal_nothing(kind: Kind) {
    for (failure, status) in [(AuthorizerErrorKind::Transient, 503), (AuthorizerErrorKind::Other, 500)] {
        for target in ["GET 2", "GET 99", "PATCH 2", "OPTIONS 2"] {
            let response = answer(store(kind).await, NoAnswer(failure), Numbered, target).await;
            check(&response, status, &format!("{failure:?} {target}"));
        }
    }
}

#[derive(Debug)]
struct FailingAuthenticator;

#[async_trait]
impl Authenticator for FailingAuthenticator {
    async fn authenticate(&self, _: &Parts) -> Result<Actor, AuthenticationError> {
        Err(AuthenticationError::Refused { detail: "not today".into() })
    }
}

async fn authenticator_errors_reveal_nothing(kind: Kind) {
    for (failure, status) in [(StoreErrorKind::Transient, 503), (StoreErrorKind::Other, 500)] {
        let tokens = BearerAuthenticator::new(NoTokens(failure));
        let authorizer = NoAnswer(AuthorizerErrorKind::Other);
        check(&answer(store(kind).await, authorizer, tokens, "GET 2").await, status, "tokens");
    }
    let refused =
        answer(store(kind).await, NoAnswer(AuthorizerErrorKind::Other), FailingAuthenticator, "GET 2").await;
    assert_eq!((refused.status().as_u16(), &refused.body()[..]), (403, &b"{\"detail\":\"not today\"}"[..]));
}

async fn repeated_conflicts_return_409(kind: Kind) {
    let store = Faulty { inner: store(kind).await, load: None, commit: None };
    let granted = PermissionAuthorizer::new(StaticPermissions::none());
    let response = answer(store, granted, Numbered, "PATCH 2").await;
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((response.status().as_u16(), &body["code"]), (409, &json!("contended")));
}
