//! Slow bodies: access is checked again if the body takes more than 250 ms.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use userbook::{
    Actor, Authorizer, GroupId, Policy, Timestamp, User, UserId, UserService,
    authz::{ActorView, AuthorizerError, Check, ListAuthorizer, Resource, Verdict, Verdicts},
    clock::Clock,
    model::{GroupGraph, parse_timestamp},
    store::Scope,
};
use userbook_http::{DirectoryApi, Representation};
use userbook_tests::fixture::{
    ANN, AnyStore, DEVS, HELPER, Kind, Numbered, STAFF, events, group_id, path, row, store,
};

on_every_store!(
    access_revoked_during_a_slow_body_returns_403,
    fast_bodies_cause_no_second_load,
    denials_cause_no_second_authorization,
);

/// Revocable access, and a clock that only bodies advance.
#[derive(Debug, Clone, Default)]
struct World {
    revoked: Arc<AtomicBool>,
    milliseconds: Arc<AtomicU64>,
    authorized: Arc<AtomicUsize>,
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        parse_timestamp("2025-04-22T12:00:00Z").unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.milliseconds.load(Ordering::Relaxed))
    }
}

#[async_trait]
impl Authorizer for World {
    async fn authorize(
        &self,
        _: &Actor,
        _: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        self.authorized.fetch_add(1, Ordering::Relaxed);
        let verdict = Verdict::from(!self.revoked.load(Ordering::Relaxed));
        Ok(checks.iter().map(|_| verdict.clone()).collect())
    }

    async fn can_grant_superuser(&self, _: &User, _: &GroupGraph) -> Result<bool, AuthorizerError> {
        Ok(false)
    }
}

#[async_trait]
impl ListAuthorizer for World {
    async fn visible_users(
        &self,
        _: &Actor,
        _: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        Ok(Scope::Nothing)
    }

    async fn visible_groups(
        &self,
        _: &Actor,
        _: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        Ok(Scope::Nothing)
    }
}

/// A body that arrives after this time; the caller's access is revoked meanwhile.
struct Slow {
    world: World,
    milliseconds: u64,
    revokes: bool,
    data: Option<Bytes>,
}

impl Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.take();
        if data.is_some() {
            self.world.milliseconds.fetch_add(self.milliseconds, Ordering::Relaxed);
            self.world.revoked.store(self.revokes, Ordering::Relaxed);
        }
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }
}

/// Returns every changing request with a valid body.
fn requests() -> Vec<(&'static str, String, &'static str, String)> {
    let groups = format!(r#"["{}"]"#, group_id(STAFF));
    let member = format!("/api/v3/core/groups/{}/add_user/", group_id(DEVS));
    vec![
        (
            "PUT",
            path(ANN),
            "application/json",
            format!(r#"{{"username": "ann", "name": "x", "groups": {groups}}}"#),
        ),
        ("PATCH", path(ANN), "application/json", r#"{"name": "x"}"#.to_owned()),
        ("PATCH", path(ANN), "application/merge-patch+json", r#"{"attributes": {"a": 1}}"#.to_owned()),
        (
            "PATCH",
            path(ANN),
            "application/json-patch+json",
            r#"[{"op": "replace", "path": "/name", "value": "x"}]"#.to_owned(),
        ),
        ("POST", member, "application/json", format!(r#"{{"pk": {ANN}}}"#)),
    ]
}

/// Returns the status and the number of authorizer calls.
async fn status(
    store: &AnyStore,
    (method, path, media_type, body): (&str, String, &str, String),
    milliseconds: u64,
    revokes: bool,
) -> (u16, usize) {
    let world = World::default();
    let service = UserService::new(Arc::clone(store), world.clone()).with_policy(Policy::hardened());
    let service = service.with_clock(world.clone());
    let api = DirectoryApi::new(service, Numbered, Representation::new(""));
    let body = Slow { world: world.clone(), milliseconds, revokes, data: Some(body.into()) };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {HELPER}"))
        .header("content-type", media_type)
        .body(body)
        .unwrap();
    let status = api.handle(request).await.status().as_u16();
    (status, world.authorized.load(Ordering::Relaxed))
}

async fn access_revoked_during_a_slow_body_returns_403(kind: Kind) {
    let store = store(kind).await;
    let before = row(&store, ANN).await;
    for request in requests() {
        assert_eq!(status(&store, request.clone(), 251, true).await.0, 403, "{request:?}");
    }
    assert_eq!((row(&store, ANN).await, events(&store).await.len()), (before, 0));
    for request in requests() {
        let is = status(&store, request.clone(), 10_000, false).await.0;
        assert!([200, 204].contains(&is), "{request:?}: {is}");
    }
}

async fn fast_bodies_cause_no_second_load(kind: Kind) {
    for request in requests() {
        // A membership change authorizes the user after the body has named the user; only the group right is reused.
        let revokes = request.0 != "POST";
        let (is, calls) = status(&store(kind).await, request.clone(), 250, revokes).await;
        assert!([200, 204].contains(&is), "{request:?}: {is}");
        let (_, again) = status(&store(kind).await, request.clone(), 251, false).await;
        assert_eq!(again, calls + 1, "{request:?}");
    }
}

async fn denials_cause_no_second_authorization(kind: Kind) {
    let store = store(kind).await;
    for request in requests() {
        let world = World::default();
        world.revoked.store(true, Ordering::Relaxed);
        let service = UserService::new(Arc::clone(&store), world.clone()).with_clock(world.clone());
        let api = DirectoryApi::new(service, Numbered, Representation::new(""));
        let body =
            Slow { world: world.clone(), milliseconds: 1_000, revokes: true, data: Some(Bytes::new()) };
        let (method, path, media_type, _) = request;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {HELPER}"))
            .header("content-type", media_type)
            .body(body)
            .unwrap();
        assert_eq!(api.handle(request).await.status(), 403);
        assert_eq!(world.authorized.load(Ordering::Relaxed), 1);
        assert_eq!(world.milliseconds.load(Ordering::Relaxed), 0, "the body was polled");
    }
}
