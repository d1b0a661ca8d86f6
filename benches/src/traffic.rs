//! Typical requests of clients, and the API that handles them.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE, request::Parts};
use http_body_util::Full;
use serde_json::json;
use userbook::{
    Actor, PermissionAuthorizer, StaticPermissions, Timestamp, UserId, UserService,
    authz::Permission,
    store::{ImportStore, Outbox, OutboxLimit},
};
use userbook_http::{AuthenticationError, Authenticator, Representation, USERS_PATH, UserApi};
use userbook_memory::MemoryStore;

use crate::{
    Failure,
    directory::{group_id, rows},
};

/// The caller of all requests: user 1, who may view and change every user and is not a superuser.
pub const HELPER: UserId = UserId(1);

/// A user without any permission.
pub const STRANGER: UserId = UserId(2);

/// Authenticates every request as this user, because the cost of tokens belongs to the host.
#[derive(Debug, Clone, Copy)]
pub struct Always(pub UserId);

#[async_trait]
impl Authenticator for Always {
    async fn authenticate(&self, _head: &Parts) -> Result<Actor, AuthenticationError> {
        Ok(Actor::user(self.0))
    }
}

/// Returns the helper's permissions.
pub fn permissions() -> PermissionAuthorizer<StaticPermissions> {
    let granted = [Permission::ViewUser, Permission::ChangeUser, Permission::ViewGroup]
        .into_iter()
        .fold(StaticPermissions::none(), |granted, permission| granted.grant(HELPER, permission));
    PermissionAuthorizer::new(granted)
}

/// The API on a memory store.
pub type Api = UserApi<MemoryStore, PermissionAuthorizer<StaticPermissions>, Always>;

/// Returns the API over this many users, for requests of [`HELPER`].
pub fn api(users: i64) -> Result<Api, Failure> {
    api_for(users, HELPER)
}

/// Returns the API over this many users, for requests of this caller.
pub fn api_for(users: i64, caller: UserId) -> Result<Api, Failure> {
    let store = MemoryStore::new();
    now(store.import(&rows(users)))??;
    Ok(UserApi::new(UserService::new(store, permissions()), Always(caller), Representation::new("bench")))
}

/// Returns the result of a future that never waits.
pub fn now<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    future.now_or_never().ok_or_else(|| "the memory store waited".into())
}

/// A typical PUT: all nine fields and three groups. The two variants differ in name, e-mail address, attributes and
/// one group, so that sending them alternately always changes the user. Joining a group takes one more load.
pub fn typical_put(user: i64, variant: bool) -> Bytes {
    put(user, if variant { "blue" } else { "red" }, if variant { 4 } else { 3 })
}

/// A typical PUT without a change of groups.
pub fn put_without_join(user: i64, variant: bool) -> Bytes {
    put(user, if variant { "blue" } else { "red" }, 3)
}

/// A typical PUT whose attributes make the body 1 KiB long.
pub fn put_of_1_kib(user: i64, variant: bool) -> Bytes {
    put_of(user, variant, 1 << 10)
}

/// A typical PUT whose attributes make the body this long.
pub fn put_of(user: i64, variant: bool, bytes: usize) -> Bytes {
    let body = put_without_join(user, variant);
    let missing = bytes.saturating_sub(body.len() + "\"note\":\"\",".len());
    let attributes = format!("\"attributes\":{{\"note\":\"{}\",", "x".repeat(missing));
    String::from_utf8_lossy(&body).replacen("\"attributes\":{", &attributes, 1).into()
}

fn put(user: i64, team: &str, group: u128) -> Bytes {
    let body = json!({
        "username": format!("user{user}"),
        "name": format!("User {team} {user}"),
        "is_active": true,
        "last_login": "2024-05-06T07:08:09.101112Z",
        "groups": [group_id(1), group_id(2), group_id(group)],
        "email": format!("{team}{user}@example.com"),
        "attributes": {"team": team, "settings": {"locale": "de", "theme": "dark"}, "phone": ["+49 30 1234567"]},
        "path": "users/staff",
        "type": "internal",
    });
    body.to_string().into()
}

/// Returns the request for a body.
pub fn request(user: i64, body: Bytes) -> Result<Request<Full<Bytes>>, Failure> {
    let request = Request::builder().method(Method::PUT).uri(format!("{USERS_PATH}{user}/"));
    Ok(request.header(CONTENT_TYPE, "application/json").body(Full::new(body))?)
}

/// Sends a request and expects success.
pub fn send(api: &Api, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Failure> {
    let response = now(api.handle(request))?;
    if response.status() == StatusCode::OK {
        Ok(response)
    } else {
        Err(format!("{}: {:?}", response.status(), response.body()).into())
    }
}

/// Delivers and deletes all events, as a host does regularly.
pub fn drain(store: &MemoryStore) -> Result<(), Failure> {
    let events = now(store.pending(OutboxLimit { events: u32::MAX, bytes: u64::MAX }))??;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    now(store.ack(&ids))??;
    now(store.prune_before(Timestamp::MAX_UTC))??;
    Ok(())
}
