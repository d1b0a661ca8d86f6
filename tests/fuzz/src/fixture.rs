//! The initial directory of every input.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{Arc, LazyLock, Mutex},
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, request::Parts};
use http_body_util::Full;
use serde_json::{Value, json};
use userbook::{
    Actor, Group, GroupId, PermissionAuthorizer, Policy, StaticPermissions, User, UserId, UserService,
    UserStore,
    authz::Permission as P,
    event::Event,
    store::{ImportData, ImportStore, Outbox, OutboxLimit, SnapshotQuery, StoreError},
};
use userbook_http::{
    AuthenticationError, Authenticator, BearerAuthenticator, ExtensionSet, Representation, TokenHash,
    TokenIntent, TokenKey, TokenRecord, TokenStore, UserApi,
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

/// A granting group: members are superusers.
pub const ADMINS: u128 = 0xa;
/// Below [`ADMINS`].
pub const CHIEFS: u128 = 0xc;
/// A plain group.
pub const STAFF: u128 = 0x5;
/// Below [`STAFF`].
pub const DEVS: u128 = 0xd;

/// The users: id, name (also the key of the token), groups, type, active.
pub const USERS: [(i64, &str, &[u128], &str, bool); 11] = [
    (1, "root", &[ADMINS], "internal", true),
    (2, "ann", &[STAFF], "internal", true),
    (3, "helper", &[], "internal", true),
    (4, "viewer", &[], "internal", true),
    (5, "outsider", &[], "external", true),
    (6, "machine", &[], "internal_service_account", true),
    (7, "boss", &[CHIEFS], "internal", true),
    (8, "retired", &[ADMINS], "internal", false),
    (9, "granter", &[], "service_account", true),
    (10, "limited", &[], "internal", true),
    (11, "AnonymousUser", &[], "internal", true),
];

/// May view and change every user.
pub const EDITORS: [i64; 2] = [3, 9];
/// May view every user.
pub const VIEWERS: [i64; 3] = [3, 4, 9];
/// May view and change only [`LIMITED_TO`].
pub const LIMITED: i64 = 10;
/// The user that [`LIMITED`] may change.
pub const LIMITED_TO: i64 = 2;
/// May grant superuser status through [`CHIEFS`].
pub const GRANTER: i64 = 9;

/// Returns a group id.
pub fn group_id(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(number))
}

static ROWS: LazyLock<ImportData> = LazyLock::new(|| ImportData {
    install_id: "fuzz".to_owned(),
    groups: [
        (ADMINS, "admins", true, None),
        (CHIEFS, "chiefs", false, Some(ADMINS)),
        (STAFF, "staff", false, None),
        (DEVS, "devs", false, Some(STAFF)),
    ]
    .map(|(number, name, is_superuser, parent)| Group {
        id: group_id(number),
        name: name.to_owned(),
        is_superuser,
        parent: parent.map(group_id),
        attributes: json!({"floor": 3}),
        ..Group::example()
    })
    .into(),
    users: USERS
        .map(|(id, name, groups, user_type, active)| user(id, name, groups, user_type, active))
        .into(),
});

fn user(id: i64, name: &str, groups: &[u128], user_type: &str, active: bool) -> User {
    let groups: Vec<GroupId> = groups.iter().copied().map(group_id).collect();
    let row = json!({
        "id": id, "uuid": Uuid::from_u128(0x100 + id.unsigned_abs() as u128), "username": name,
        "name": name.to_uppercase(), "email": format!("{name}@example.com"), "is_active": active,
        "last_login": null, "path": "users", "user_type": user_type,
        "attributes": {"team": "red", "settings": {"locale": "de", "theme": "dark"}}, "groups": groups,
        "password_change_date": "2024-01-02T03:04:05.678901Z",
        "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
        "session_epoch": "00000000-0000-4000-8000-000000005e55", "revision": Uuid::from_u128(0x1000), "version": 1,
    });
    serde_json::from_value(row).expect("a right row")
}

/// Every user has one token; its key is the username.
#[derive(Debug)]
pub(crate) struct Names;

static TOKENS: LazyLock<Vec<(TokenHash, i64)>> =
    LazyLock::new(|| USERS.iter().map(|(id, name, ..)| (TokenKey::new(*name).hash(), *id)).collect());

#[async_trait]
impl TokenStore for Names {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        Ok(TOKENS.iter().find(|(known, _)| known == hash).map(|(_, id)| TokenRecord {
            user: UserId(*id),
            // Outdated on purpose: the service must check that the actor is active.
            user_is_active: true,
            intent: TokenIntent::Api,
            expiring: false,
            expires: None,
        }))
    }
}

/// Authenticates bearer tokens and records the most recent caller.
#[derive(Debug)]
struct Noting {
    inner: BearerAuthenticator<Names>,
    last: Arc<Mutex<Option<UserId>>>,
}

#[async_trait]
impl Authenticator for Noting {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let actor = self.inner.authenticate(head).await?;
        *self.last.lock().expect("the lock is not poisoned") = actor.user_id();
        Ok(actor)
    }
}

/// The observer, who may view everything.
#[derive(Debug)]
struct Host;

#[async_trait]
impl Authenticator for Host {
    async fn authenticate(&self, _: &Parts) -> Result<Actor, AuthenticationError> {
        Ok(Actor::system())
    }
}

/// The permissions of all users.
pub(crate) type Rights = PermissionAuthorizer<StaticPermissions>;

type Api<N> = UserApi<MemoryStore, Rights, N>;

/// A directory behind the endpoint.
#[derive(Debug)]
pub struct Fixture {
    /// The policy in force.
    pub policy: Policy,
    /// Whether the policy is the hardened one.
    pub hardened: bool,
    store: MemoryStore,
    api: Api<Noting>,
    observer: Api<Host>,
    last: Arc<Mutex<Option<UserId>>>,
}

/// A complete response.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The authenticated user, if the authenticator was called and succeeded.
    pub actor: Option<UserId>,
}

impl Answer {
    /// Returns the body as JSON.
    pub fn json(&self) -> Value {
        json_of(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Parses JSON of any depth.
///
/// # Errors
/// Returns the parse error.
pub fn json_of(text: &[u8]) -> serde_json::Result<Value> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    parser.disable_recursion_limit();
    let value = serde::de::Deserialize::deserialize(&mut parser)?;
    parser.end()?;
    Ok(value)
}

fn permissions() -> StaticPermissions {
    let mut granted = StaticPermissions::none();
    for id in VIEWERS {
        granted = granted.grant(UserId(id), P::ViewUser);
    }
    for id in EDITORS {
        granted = granted.grant(UserId(id), P::ChangeUser);
    }
    for permission in [P::ViewUser, P::ChangeUser] {
        granted = granted.grant_on_user(UserId(LIMITED), permission, UserId(LIMITED_TO));
    }
    granted.grant_on_group(UserId(GRANTER), P::EnableGroupSuperuser, group_id(CHIEFS))
}

/// Returns the initial directory.
pub(crate) fn rows() -> ImportData {
    ROWS.clone()
}

/// Returns a store with the initial directory.
pub(crate) fn filled() -> MemoryStore {
    let store = MemoryStore::new();
    now(store.import(&ROWS)).expect("right rows");
    store
}

impl Fixture {
    /// Creates the initial directory.
    pub fn new(hardened: bool) -> Self {
        let policy = if hardened { Policy::hardened() } else { Policy::authentik_2025_2() };
        let store = filled();
        let last = Arc::new(Mutex::new(None));
        let authenticator = Noting { inner: BearerAuthenticator::new(Names), last: Arc::clone(&last) };
        let api = UserApi::new(service(&store, &policy), authenticator, Representation::new("fuzz"))
            .with_extensions(if hardened { ExtensionSet::all() } else { ExtensionSet::none() });
        let observer = UserApi::new(service(&store, &policy), Host, Representation::new("fuzz"));
        Self { policy, hardened, store, api, observer, last }
    }

    /// Sends a request.
    pub fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        *self.last.lock().expect("the lock is not poisoned") = None;
        let (head, body) = now(self.api.handle(request)).into_parts();
        let actor = *self.last.lock().expect("the lock is not poisoned");
        Answer { status: head.status, headers: head.headers, body, actor }
    }

    /// Sends `method` for a user with a body of this type, as the named user.
    pub fn send_as(
        &self,
        by: &str,
        method: &str,
        id: i64,
        content_type: &str,
        body: impl Into<Bytes>,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v3/core/users/{id}/"))
            .header("authorization", format!("Bearer {by}"))
            .header("content-type", content_type)
            .body(Full::new(body.into()));
        self.send(request.expect("a right request"))
    }

    /// Returns the response that an observer gets for this path and query.
    pub fn observe(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Full::new(Bytes::new())).expect("a right request");
        let (head, body) = now(self.observer.handle(request)).into_parts();
        Answer { status: head.status, headers: head.headers, body, actor: None }
    }

    /// Returns a user's row.
    pub fn row(&self, id: i64) -> User {
        let snapshot = now(self.store.load(&SnapshotQuery::user(UserId(id)))).expect("the store answers");
        snapshot.user.expect("the user exists")
    }

    /// Returns all rows by id.
    pub fn rows(&self) -> Vec<User> {
        USERS.iter().map(|(id, ..)| self.row(*id)).collect()
    }

    /// Returns all events, oldest first.
    pub fn events(&self) -> Vec<Event> {
        now(self.store.pending(OutboxLimit { events: 1000, bytes: u64::MAX })).expect("the store answers")
    }
}

pub(crate) fn service(
    store: &MemoryStore,
    policy: &Policy,
) -> UserService<MemoryStore, PermissionAuthorizer<StaticPermissions>> {
    UserService::new(store.clone(), PermissionAuthorizer::new(permissions())).with_policy(policy.clone())
}

/// Returns whether one of these groups grants superuser status, without the product's code.
pub fn grants(groups: &BTreeSet<GroupId>) -> bool {
    groups.contains(&group_id(ADMINS)) || groups.contains(&group_id(CHIEFS))
}

/// Returns whether a user is an active superuser.
pub fn is_active_superuser(user: &User) -> bool {
    user.is_active && grants(&user.groups)
}

/// Returns the result of a future that waits for nothing. Long work lets other tasks run in between.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    const POLLS: usize = 1_000_000;
    let (mut future, mut context) = (pin!(future), Context::from_waker(Waker::noop()));
    let mut polls = (0..POLLS).map(|_| future.as_mut().poll(&mut context));
    match polls.find(Poll::is_ready) {
        Some(Poll::Ready(output)) => output,
        _ => panic!("the future waits"),
    }
}
