//! A small directory behind the API, on any store.

use std::{any::Any, cell::RefCell, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header::AUTHORIZATION, request::Parts};
use http_body_util::Full;
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use userbook::{
    Actor, Authorizer, Group, GroupId, PermissionAuthorizer, Policy, Safeguard, StaticPermissions, User,
    UserId, UserService, UserStore,
    authz::{ListAuthorizer, Permission},
    event::Event,
    store::{ImportData, ImportStore, ListStore, Outbox, OutboxLimit, ProvisioningStore, SnapshotQuery},
};
use userbook_http::{
    AuthenticationError, Authenticator, DirectoryApi, ExtensionSet, Release, Representation, UserApi,
};
use userbook_memory::MemoryStore;
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use uuid::Uuid;

use crate::{
    corpus::json,
    servers::{mariadb, postgres},
};

/// An active superuser through the group [`ADMINS`].
pub const ROOT: i64 = 1;
/// A plain user in [`STAFF`]; most tests change this user.
pub const ANN: i64 = 2;
/// May view and change every user, without further permissions.
pub const HELPER: i64 = 3;
/// May view every user.
pub const VIEWER: i64 = 4;
/// Has no permissions.
pub const UNPRIVILEGED: i64 = 5;
/// An internal service account.
pub const MACHINE: i64 = 6;
/// Another active superuser, through [`CHIEFS`] below [`ADMINS`].
pub const BOSS: i64 = 7;
/// The id of no user.
pub const MISSING: i64 = 99;

/// A granting group: members are superusers.
pub const ADMINS: u128 = 0xa;
/// Below [`ADMINS`].
pub const CHIEFS: u128 = 0xc;
/// A plain group.
pub const STAFF: u128 = 0x5;
/// A plain group without members.
pub const DEVS: u128 = 0xd;

/// The kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `userbook-memory`
    Memory,
    /// `userbook-sqlx`, in memory
    Sqlite,
    /// `userbook-sqlx`, on a fresh database
    Postgres,
    /// `userbook-sqlx`, on a fresh database
    MariaDb,
}

thread_local! {
    /// The databases of the test on this thread; dropped with the thread.
    static DATABASES: RefCell<Vec<Box<dyn Any>>> = RefCell::default();
}

/// Keeps a database until the test ends.
fn keep(database: impl Any) {
    DATABASES.with_borrow_mut(|databases| databases.push(Box::new(database)));
}

/// All ports of a store.
pub trait Store: UserStore + ListStore + ProvisioningStore + Outbox + ImportStore {}

impl<T: UserStore + ListStore + ProvisioningStore + Outbox + ImportStore> Store for T {}

/// A store of any kind.
pub type AnyStore = Arc<dyn Store>;

/// The API as most tests use it.
pub type Api<A = PermissionAuthorizer<StaticPermissions>> = UserApi<AnyStore, A, Numbered>;

/// The API with lists and provisioning.
pub type Directory<A = PermissionAuthorizer<StaticPermissions>> = DirectoryApi<AnyStore, A, Numbered>;

/// `Authorization: Bearer 7` is user 7.
#[derive(Debug, Clone, Copy)]
pub struct Numbered;

#[async_trait]
impl Authenticator for Numbered {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let Some(header) = head.headers.get(AUTHORIZATION) else { return Ok(Actor::anonymous()) };
        let number = header.to_str().ok().and_then(|header| header.strip_prefix("Bearer ")?.parse().ok());
        number.map(|id| Actor::user(UserId(id))).ok_or(AuthenticationError::token_invalid())
    }
}

/// Returns a store with the directory that the constants describe.
pub async fn store(kind: Kind) -> AnyStore {
    store_with(kind, &rows()).await
}

/// Returns a store with these rows.
pub async fn store_with(kind: Kind, rows: &ImportData) -> AnyStore {
    let store: AnyStore = match kind {
        Kind::Memory => Arc::new(MemoryStore::new()),
        Kind::Sqlite => {
            let options = connect_options("sqlite::memory:").expect("a right URL");
            let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
            let store = SqliteStore::new(pool.expect("a database in memory"));
            store.migrate().await.expect("an empty database");
            Arc::new(store)
        }
        Kind::Postgres => {
            let database = postgres::Database::new().await;
            let store = Arc::clone(&database.store);
            keep(database);
            store
        }
        Kind::MariaDb => {
            let database = mariadb::Database::new().await;
            let store = Arc::clone(&database.store);
            keep(database);
            store
        }
    };
    store.import(rows).await.expect("right rows");
    store
}

/// Returns the API over a store, under a policy.
pub fn api(store: &AnyStore, policy: Policy) -> Api {
    api_with(store, policy, PermissionAuthorizer::new(granted()))
}

fn granted() -> StaticPermissions {
    StaticPermissions::none()
        .grant(UserId(HELPER), Permission::ViewUser)
        .grant(UserId(HELPER), Permission::ChangeUser)
        .grant(UserId(VIEWER), Permission::ViewUser)
}

/// Returns the API with another authorizer.
pub fn api_with<A: Authorizer>(store: &AnyStore, policy: Policy, authorizer: A) -> Api<A> {
    api_of(Release::default(), store, policy, authorizer)
}

/// Returns the API with the representation of a release.
pub fn api_of<A: Authorizer>(release: Release, store: &AnyStore, policy: Policy, authorizer: A) -> Api<A> {
    let service = UserService::new(Arc::clone(store), authorizer).with_policy(policy);
    let extensions = extensions(service.policy());
    let representation = Representation::new("fixture").with_release(release);
    UserApi::new(service, Numbered, representation).with_extensions(extensions)
}

/// Returns the API with lists and provisioning of a release. Grants like [`directory`].
pub fn directory_of(
    release: Release,
    store: &AnyStore,
    more: impl FnOnce(StaticPermissions) -> StaticPermissions,
) -> Directory {
    api_of(release, store, Policy::hardened(), PermissionAuthorizer::new(more(granted()))).into()
}

/// The extensions that a server supports together with a policy: none with the recorded release's.
pub fn extensions(policy: &Policy) -> ExtensionSet {
    let hardened = Safeguard::ALL.iter().any(|safeguard| policy.has(*safeguard));
    if hardened { ExtensionSet::all() } else { ExtensionSet::none() }
}

/// Returns the API with lists and provisioning over a store, under a policy. Grants what [`api`] grants, and `more`.
pub fn directory(
    store: &AnyStore,
    policy: Policy,
    more: impl FnOnce(StaticPermissions) -> StaticPermissions,
) -> Directory {
    directory_with(store, policy, PermissionAuthorizer::new(more(granted())))
}

/// Returns the API with lists and provisioning and another authorizer.
pub fn directory_with<A: ListAuthorizer>(store: &AnyStore, policy: Policy, authorizer: A) -> Directory<A> {
    api_with(store, policy, authorizer).into()
}

/// Returns a group id.
pub fn group_id(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(number))
}

/// Returns the path of a user.
pub fn path(user: i64) -> String {
    format!("/api/v3/core/users/{user}/")
}

/// Loads the row of a user.
pub async fn row(store: &AnyStore, user: i64) -> User {
    let snapshot = store.load(&SnapshotQuery::user(UserId(user))).await.expect("the store answers");
    snapshot.user.expect("the user exists")
}

/// A limit above every test's number of events.
pub const ALL_EVENTS: OutboxLimit = OutboxLimit { events: 10_000, bytes: u64::MAX };

/// Returns the pending events.
pub async fn events(store: &AnyStore) -> Vec<Event> {
    store.pending(ALL_EVENTS).await.expect("the store answers")
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if it is empty.
    pub json: Value,
}

impl Answer {
    /// Returns a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    /// Returns the entity tag.
    pub fn etag(&self) -> String {
        self.header("etag").expect("a tag").to_owned()
    }
}

/// Builds a request such as `"PATCH 2 ?dry_run=true"` of a user, with headers and a JSON body.
pub fn request(by: i64, target: &str, headers: &[(&str, &str)], body: &Value) -> Request<Full<Bytes>> {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    raw_request(by, target, headers, body)
}

/// Builds a request with a raw body.
pub fn raw_request(by: i64, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Full<Bytes>> {
    let mut parts = target.split_whitespace();
    let method = parts.next().expect("a method");
    let user: i64 = parts.next().and_then(|id| id.parse().ok()).expect("an id");
    let uri = format!("{}{}", path(user), parts.next().unwrap_or_default());
    let mut request =
        Request::builder().method(method).uri(uri).header(AUTHORIZATION, format!("Bearer {by}"));
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::<Bytes>::from(body)).expect("a right request")
}

/// Sends a request.
pub async fn send<A: Authorizer>(api: &Api<A>, request: Request<Full<Bytes>>) -> Answer {
    answer(api.handle(request).await)
}

/// Sends a request such as `"GET /core/users/?page=2"` to the API with lists and provisioning, with an acting user or
/// without, with headers and a JSON body.
pub async fn ask<A: ListAuthorizer>(
    api: &Directory<A>,
    by: Option<i64>,
    target: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let (method, path) = target.split_once(' ').expect("a method and a path");
    let mut request = Request::builder().method(method).uri(format!("/api/v3{path}"));
    if let Some(by) = by {
        request = request.header(AUTHORIZATION, format!("Bearer {by}"));
    }
    if !body.is_null() {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    answer(api.handle(request.body(Full::<Bytes>::from(body)).expect("a right request")).await)
}

/// Reads a response.
pub fn answer(response: Response<Bytes>) -> Answer {
    let (head, body) = response.into_parts();
    let json = if body.is_empty() { Value::Null } else { json(&body).expect("bodies are JSON") };
    Answer { status: head.status, headers: head.headers, json }
}

fn rows() -> ImportData {
    let group = |number, name: &str, is_superuser, parent: Option<u128>| Group {
        id: group_id(number),
        name: name.to_owned(),
        is_superuser,
        parent: parent.map(group_id),
        attributes: json!({}),
        ..Group::example()
    };
    let user = |id, username: &str, groups: &[u128], user_type: &str| -> User {
        let groups: Vec<GroupId> = groups.iter().copied().map(group_id).collect();
        let row = json!({
            "id": id, "uuid": Uuid::from_u128(0x100 + u128::from(u64::try_from(id).unwrap_or(0))),
            "username": username, "name": username.to_uppercase(), "email": format!("{username}@example.com"),
            "is_active": true, "last_login": null, "path": "users", "user_type": user_type,
            "attributes": {"team": "red", "settings": {"locale": "de", "theme": "dark"}}, "groups": groups,
            "password_change_date": "2024-01-02T03:04:05.678901Z",
            "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
            "session_epoch": "00000000-0000-4000-8000-000000005e55",
            "revision": Uuid::from_u128(0x1000), "version": 1,
        });
        serde_json::from_value(row).expect("a right row")
    };
    ImportData {
        install_id: "fixture".to_owned(),
        groups: vec![
            group(ADMINS, "admins", true, None),
            group(CHIEFS, "chiefs", false, Some(ADMINS)),
            group(STAFF, "staff", false, None),
            group(DEVS, "devs", false, Some(STAFF)),
        ],
        users: vec![
            user(ROOT, "root", &[ADMINS], "internal"),
            user(ANN, "ann", &[STAFF], "internal"),
            user(HELPER, "helper", &[], "internal"),
            user(VIEWER, "viewer", &[], "internal"),
            user(UNPRIVILEGED, "outsider", &[], "external"),
            user(MACHINE, "machine", &[], "internal_service_account"),
            user(BOSS, "boss", &[CHIEFS], "internal"),
        ],
    }
}
