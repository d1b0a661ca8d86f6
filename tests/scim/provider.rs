//! A provider with two connections over the directory of the fixture.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower_service::Service;
use userbook::{
    Actor, Limits, NewUser, PermissionAuthorizer, Policy, StaticPermissions, UserService, UserType,
    authz::Permission, clock::Clock,
};
use userbook_http::{Denials, Endpoint};
use userbook_scim::{Connection, ConnectionAuthorizer, ScimApi, ScimLimits, StaticConnections};
use userbook_tests::{
    counting::{CountingStore, Journal},
    fixture::{self, AnyStore, Kind},
};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

pub(crate) type Api =
    ScimApi<AnyStore, ConnectionAuthorizer<PermissionAuthorizer<StaticPermissions>>, StaticConnections>;

/// A provider; the connections `okta` and `entra` have their names as tokens.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) store: AnyStore,
    api: Api,
    journal: Journal,
    /// The host's own service.
    pub(crate) host: Arc<UserService<AnyStore, PermissionAuthorizer<StaticPermissions>>>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) json: Value,
    pub(crate) denials: Option<Denials>,
}

impl Answer {
    pub(crate) fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }

    pub(crate) fn etag(&self) -> String {
        self.headers["etag"].to_str().unwrap().to_owned()
    }

    /// Requires a status, and returns the body.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.json);
        self.json
    }
}

/// The user with this id may grant superuser status.
pub(crate) fn granting(id: i64) -> StaticPermissions {
    StaticPermissions::none().grant(userbook::UserId(id), Permission::EnableGroupSuperuser)
}

impl Provider {
    pub(crate) async fn new(kind: Kind) -> Self {
        Self::with(kind, StaticPermissions::none(), |connection| connection).await
    }

    /// Sets options of the connection `okta`.
    pub(crate) async fn with(
        kind: Kind,
        permissions: StaticPermissions,
        options: impl FnOnce(Connection) -> Connection,
    ) -> Self {
        Self::under(kind, permissions, options, Limits::default()).await
    }

    /// Sets limits of the policy.
    pub(crate) async fn under(
        kind: Kind,
        permissions: StaticPermissions,
        options: impl FnOnce(Connection) -> Connection,
        limits: Limits,
    ) -> Self {
        let store = fixture::store(kind).await;
        let authorizer = PermissionAuthorizer::new(permissions);
        let host = Arc::new(UserService::new(Arc::clone(&store), authorizer.clone()));
        let mut accounts = Vec::new();
        for name in ["scim-okta", "scim-entra"] {
            let account = NewUser::new(name, "").with(|user| user.user_type(UserType::ServiceAccount));
            let inserted = host.insert_user(&Actor::system(), account).await.unwrap();
            accounts.push(Actor::user(inserted.view.user.id));
        }
        let [okta, entra] = accounts.try_into().unwrap();
        let connections = StaticConnections::new()
            .with("okta", options(Connection::new("okta", okta).unwrap()))
            .with("entra", Connection::new("entra", entra).unwrap());
        let journal = Journal::default();
        let counting: AnyStore = Arc::new(CountingStore::new(Arc::clone(&store), journal.clone()));
        let policy = Policy::hardened().with_limits(limits);
        let scim = UserService::new(counting, ConnectionAuthorizer::new(authorizer)).with_policy(policy);
        let api = ScimApi::new(scim, connections).with_base_url("https://app.example.com/scim/v2/");
        Self { store, api, journal, host }
    }

    /// Returns the calls of the provider to the store since the last time.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.journal.take()
    }

    pub(crate) fn at_time_of(mut self, clock: impl Clock) -> Self {
        self.api = self.api.with_clock(clock);
        self
    }

    pub(crate) fn into_api(self) -> Api {
        self.api
    }

    pub(crate) fn limited(mut self, limits: ScimLimits) -> Self {
        self.api = self.api.with_limits(limits);
        self
    }

    /// Sends a request such as `POST /Users` of the connection `okta`.
    pub(crate) async fn ask(&self, target: &str, body: Value) -> Answer {
        self.ask_as("okta", target, &[], body).await
    }

    pub(crate) async fn ask_as(
        &self,
        token: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let (method, path) = target.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(format!("/scim/v2{}", encoded(path)));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !body.is_null() {
            request = request.header("content-type", "application/scim+json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(request.body(Full::from(body)).unwrap()).await
    }

    pub(crate) async fn send<B>(&self, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = self.api.clone().into_service().call(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        assert_ne!(head.status, StatusCode::INTERNAL_SERVER_ERROR, "{head:?}");
        let json = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        let denials = head.extensions.get().copied();
        Answer { status: head.status.as_u16(), headers: head.headers, json, denials }
    }

    /// Creates a user, and returns the id.
    pub(crate) async fn user(&self, name: &str) -> String {
        let answer = self.ask("POST /Users", user(name)).await;
        assert_eq!(answer.status, 201, "{}", answer.json);
        answer.id()
    }

    /// Creates a group, and returns the id.
    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP], "displayName": name, "members": members});
        let answer = self.ask("POST /Groups", body).await;
        assert_eq!(answer.status, 201, "{}", answer.json);
        answer.id()
    }

    pub(crate) async fn members(&self, group: &str) -> Vec<String> {
        let answer = self.ask(&format!("GET /Groups/{group}"), Value::Null).await;
        let members = answer.json["members"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    }
}

/// The body of a POST.
pub(crate) fn user(name: &str) -> Value {
    json!({
        "schemas": [USER], "userName": name, "externalId": format!("ext-{name}"), "active": true,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"value": format!("{name}@example.com"), "type": "work", "primary": true}],
    })
}

/// The body of a PATCH.
pub(crate) fn patch(operations: &Value) -> Value {
    json!({"schemas": [PATCH], "Operations": operations})
}

/// Encodes the characters of a query that a URI does not have.
fn encoded(path: &str) -> String {
    path.replace(' ', "%20").replace('"', "%22").replace('[', "%5B").replace(']', "%5D")
}
