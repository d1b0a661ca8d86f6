//! The content of a request is not read before the caller is known to have access.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use serde_json::{Value, json};
use userbook::{
    Actor, Authorizer, PermissionAuthorizer, Policy, StaticPermissions, User, UserId, UserService, UserStore,
    authz::{AuthorizerError, Check, Permission, Resource, Verdicts},
    model::GroupGraph,
    store::{ChangeSet, CommitOutcome, Snapshot, SnapshotQuery, StoreError},
};
use userbook_http::{DEFAULT_BODY_LIMIT, Representation, UserApi};
use userbook_tests::fixture::{
    AnyStore, DEVS, Kind, MACHINE, MISSING, Numbered, ROOT, UNPRIVILEGED, VIEWER, api, ask, directory,
    events, group_id, request, send, store,
};

on_every_store!(
    body_of_a_denied_caller_is_not_polled,
    body_of_methods_without_body_is_not_polled,
    length_above_the_limit_returns_413_after_authorization,
    broken_body_of_a_denied_caller_returns_403,
    denied_requests_cause_the_same_work_for_every_body,
    list_query_is_parsed_after_authorization,
);

/// A body that must not be polled.
struct Untouched;

impl Body for Untouched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the body was polled");
    }
}

const MEDIA_TYPES: [Option<&str>; 5] = [
    Some("application/json"),
    Some("application/merge-patch+json"),
    Some("application/json-patch+json"),
    Some("text/plain"),
    None,
];

fn untouched(method: &str, path: &str, by: Option<i64>, media_type: Option<&str>) -> Request<Untouched> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(by) = by {
        request = request.header("authorization", format!("Bearer {by}"));
    }
    if let Some(media_type) = media_type {
        request = request.header("content-type", media_type);
    }
    request.body(Untouched).unwrap()
}

async fn body_of_a_denied_caller_is_not_polled(kind: Kind) {
    let store = store(kind).await;
    for policy in [Policy::hardened(), Policy::authentik_2025_2()] {
        let api = directory(&store, policy, |granted| {
            // The right to one group's members gives no access to users or to other groups.
            granted.grant_on_group(UserId(VIEWER), Permission::AddUserToGroup, group_id(0x5))
        });
        let (users, groups) = ("/api/v3/core/users/", format!("/api/v3/core/groups/{}/", group_id(DEVS)));
        let mut targets = Vec::new();
        for id in ["1", "2", "99", "-1", "abc"] {
            for query in ["", "?dry_run=true", "?dry_run=x"] {
                targets.extend(["PUT", "PATCH"].map(|method| (method, format!("{users}{id}/{query}"))));
            }
        }
        targets.push(("POST", format!("{groups}add_user/")));
        targets.push(("POST", format!("{groups}remove_user/?dry_run=true")));
        for (method, path) in &targets {
            for media_type in MEDIA_TYPES {
                for by in [None, Some(UNPRIVILEGED), Some(MISSING), Some(VIEWER), Some(MACHINE)] {
                    for length in [None, Some("5"), Some("99999999999")] {
                        let mut request = untouched(method, path, by, media_type);
                        if let Some(length) = length {
                            request.headers_mut().insert("content-length", length.parse().unwrap());
                        }
                        let status = api.handle(request).await.status().as_u16();
                        assert!([403, 404].contains(&status), "{method} {path} by {by:?}: {status}");
                    }
                }
            }
        }
    }
}

async fn body_of_methods_without_body_is_not_polled(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for path in ["users/2/", "users/", "users/me/", "groups/", &format!("groups/{}/", group_id(DEVS))] {
        for method in ["GET", "HEAD", "OPTIONS", "DELETE"] {
            for by in [None, Some(UNPRIVILEGED), Some(ROOT)] {
                let path = format!("/api/v3/core/{path}");
                let status =
                    api.handle(untouched(method, &path, by, Some("application/json"))).await.status();
                assert!(status.as_u16() < 500, "{method} {path}");
            }
        }
    }
    for action in ["add_user", "remove_user"] {
        let path = format!("/api/v3/core/groups/{}/{action}/", group_id(DEVS));
        for method in ["OPTIONS", "GET", "PUT"] {
            let status = api.handle(untouched(method, &path, Some(ROOT), None)).await.status();
            assert!(status.as_u16() < 500, "{method} {path}");
        }
    }
}

async fn length_above_the_limit_returns_413_after_authorization(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let large = (DEFAULT_BODY_LIMIT + 1).to_string();
    for path in ["users/2/".to_owned(), format!("groups/{}/add_user/", group_id(DEVS))] {
        let method = if path.starts_with("users") { "PATCH" } else { "POST" };
        for (by, status) in [(Some(ROOT), 413), (Some(UNPRIVILEGED), 403), (None, 403)] {
            let mut request =
                untouched(method, &format!("/api/v3/core/{path}"), by, Some("application/json"));
            request.headers_mut().insert("content-length", large.parse().unwrap());
            assert_eq!(api.handle(request).await.status(), status, "{path} by {by:?}");
        }
    }
}

async fn broken_body_of_a_denied_caller_returns_403(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for body in ["{", "[]", "null", "\"x\"", "{\"username\": 5, \"email\": \"x\"}"] {
        for method in ["PUT 2", "PATCH 2", "PATCH 1"] {
            for by in [UNPRIVILEGED, VIEWER] {
                let request = userbook_tests::fixture::raw_request(by, method, &[], body.as_bytes().to_vec());
                let answer = send(&api, request).await;
                let detail = json!({"detail": "You do not have permission to perform this action."});
                assert_eq!((answer.status.as_u16(), answer.json), (403, detail), "{method} {body}");
            }
        }
    }
}

/// Counts the calls of the ports.
#[derive(Debug, Clone)]
struct Counting {
    store: AnyStore,
    authorizer: Arc<PermissionAuthorizer<StaticPermissions>>,
    calls: Arc<AtomicUsize>,
}

const LOAD: usize = 1;
const AUTHORIZE: usize = 1_000;
const OTHER: usize = 1_000_000;

#[async_trait]
impl UserStore for Counting {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        self.calls.fetch_add(LOAD, Ordering::Relaxed);
        self.store.load(query).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.calls.fetch_add(OTHER, Ordering::Relaxed);
        self.store.commit(change).await
    }
}

#[async_trait]
impl Authorizer for Counting {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        self.calls.fetch_add(AUTHORIZE, Ordering::Relaxed);
        self.authorizer.authorize(actor, resource, checks).await
    }

    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.calls.fetch_add(OTHER, Ordering::Relaxed);
        self.authorizer.can_grant_superuser(user, groups).await
    }
}

async fn denied_requests_cause_the_same_work_for_every_body(kind: Kind) {
    let calls = Arc::new(AtomicUsize::new(0));
    let granted = StaticPermissions::none().grant(UserId(VIEWER), Permission::ViewUser);
    let store = store(kind).await;
    let authorizer = Arc::new(PermissionAuthorizer::new(granted));
    let counting = Counting { store: Arc::clone(&store), authorizer, calls: Arc::clone(&calls) };
    let service = UserService::new(counting.clone(), counting);
    let api = UserApi::new(service, Numbered, Representation::new(""));
    let groups: Vec<_> = (0..50).map(|n| group_id(0x1000 + n)).collect();
    let bodies = [
        ("application/json", json!({})),
        ("application/json", json!({"is_active": false, "username": "root", "groups": groups})),
        ("application/merge-patch+json", json!({"attributes": {"a": 1}})),
        ("application/json-patch+json", json!([{"op": "test", "path": "/name", "value": "ANN"}])),
        ("application/json-patch+json", json!([{"op": "remove", "path": "/attributes/team"}])),
        ("text/plain", json!("x")),
    ];
    for by in [UNPRIVILEGED, VIEWER] {
        // An ordinary user, a superuser, an internal service account, a missing user, and an impossible id.
        for user in [2, 1, 6, 99, -1] {
            for (media_type, body) in &bodies {
                for (method, headers) in [
                    ("PATCH", vec![("content-type", *media_type)]),
                    ("PUT", vec![("content-type", *media_type), ("if-match", "\"x\"")]),
                ] {
                    calls.store(0, Ordering::Relaxed);
                    let request = request(by, &format!("{method} {user}"), &headers, body);
                    let status = api.handle(request).await.status().as_u16();
                    let expected = if by == VIEWER && [99, -1].contains(&user) { 404 } else { 403 };
                    assert_eq!(status, expected, "{method} {user} by {by}");
                    assert_eq!(calls.load(Ordering::Relaxed), LOAD + AUTHORIZE, "{method} {user} by {by}");
                }
            }
        }
    }
    assert_eq!(events(&store).await, []);
}

async fn list_query_is_parsed_after_authorization(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let filter = format!("%7B%22a%22:[{}1]%7D", "1,".repeat(1_000));
    for list in ["users", "groups"] {
        for query in ["is_superuser=x", "page=0", "attributes=%7B", &format!("attributes={filter}")] {
            let target = format!("GET /core/{list}/?{query}");
            for by in [None, Some(UNPRIVILEGED)] {
                assert_eq!(ask(&api, by, &target, &[], &Value::Null).await.status, 403, "{target}");
            }
            let status = ask(&api, Some(ROOT), &target, &[], &Value::Null).await.status.as_u16();
            assert!([400, 404].contains(&status), "{target}: {status}");
        }
    }
}
