//! The directory of the attacks behind the API, with a record of what the API asks its ports.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, header::AUTHORIZATION};
use http_body::Body;
use http_body_util::Full;
use serde_json::{Value, json};
use userbook::{
    Actor, PermissionAuthorizer, Policy, User, UserId, UserService, authz::ListAuthorizer, store::ImportData,
};
use userbook_http::DirectoryApi;
use userbook_tests::{
    counting::{CountingAuthorizer, CountingStore, Journal},
    fixture::{Answer, AnyStore, Numbered, answer, directory_with, row},
};

use crate::{
    database::Database,
    mount::Mounted,
    setting::{Mount, Rights, Setting},
};
pub(crate) use crate::{directory::*, grants::*};

type AnyAuthorizer = CountingAuthorizer<Arc<dyn ListAuthorizer>>;

/// The API over one store.
pub(crate) type Api = DirectoryApi<AnyStore, AnyAuthorizer, Numbered>;

/// The API in one setting.
pub(crate) struct Fixture {
    pub(crate) api: Api,
    pub(crate) store: AnyStore,
    journal: Journal,
    mounted: Mounted<Api>,
    mount: Mount,
    database: Database,
}

impl Fixture {
    pub(crate) async fn new(at: Setting) -> Self {
        Self::with(at, &rows()).await
    }

    pub(crate) async fn with(at: Setting, rows: &ImportData) -> Self {
        Self::granting(at, rows, &[]).await
    }

    /// The same with more rights.
    pub(crate) async fn granting(at: Setting, rows: &ImportData, more: &[Grant]) -> Self {
        Self::open(at, rows, more, Policy::hardened()).await
    }

    /// The same under another policy.
    pub(crate) async fn open(at: Setting, rows: &ImportData, more: &[Grant], policy: Policy) -> Self {
        let database = Database::open(at.store, rows).await;
        let journal = Journal::default();
        let store: AnyStore = Arc::new(CountingStore::new(Arc::clone(&database.store), journal.clone()));
        let grants = [&GRANTS, more].concat();
        let authorizer: Arc<dyn ListAuthorizer> = match at.rights {
            Rights::Permissions => Arc::new(PermissionAuthorizer::new(permissions(&grants))),
            Rights::Cedar => Arc::new(policies(&grants)),
        };
        let authorizer = CountingAuthorizer::new(authorizer, journal.clone());
        let api = directory_with(&store, policy, authorizer);
        Self { mounted: Mounted::new(at.mount, api.clone()), mount: at.mount, api, store, journal, database }
    }

    /// Provides ports of the host.
    pub(crate) fn provide(&mut self, ports: impl FnOnce(Api) -> Api) {
        self.api = ports(self.api.clone());
        self.mounted = Mounted::new(self.mount, self.api.clone());
    }

    /// The service behind the API.
    pub(crate) fn service(&self) -> &UserService<AnyStore, AnyAuthorizer> {
        self.api.service()
    }

    /// What the API did since the last call: the calls of store and authorizer, and the number of SQL statements.
    pub(crate) async fn work(&self) -> Vec<String> {
        let mut work = self.journal.take();
        if let Some(count @ 1..) = self.database.statements().await {
            work.push(format!("{count} statements"));
        }
        work
    }

    /// Sends a request with any headers and any body.
    pub(crate) async fn request<B>(&self, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        answer(self.mounted.respond(request).await)
    }

    /// Sends a request with any body.
    pub(crate) async fn send<B>(
        &self,
        by: Option<i64>,
        method: &str,
        path: &str,
        media_type: &str,
        body: B,
    ) -> Answer
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.request(head(by, method, path, media_type).body(body).unwrap()).await
    }

    /// Sends JSON.
    pub(crate) async fn json(&self, by: i64, method: &str, path: &str, body: &Value) -> Answer {
        self.send(Some(by), method, path, JSON, full(body)).await
    }

    /// Reads.
    pub(crate) async fn get(&self, by: i64, path: &str) -> Answer {
        self.request(head(Some(by), "GET", path, JSON).body(Full::<Bytes>::default()).unwrap()).await
    }

    /// Changes a user by PATCH.
    pub(crate) async fn patch(&self, by: i64, user: i64, body: &Value) -> Answer {
        self.json(by, "PATCH", &format!("users/{user}/"), body).await
    }

    /// Changes a user by JSON Patch.
    pub(crate) async fn json_patch(&self, by: i64, user: i64, operations: &Value) -> Answer {
        self.send(Some(by), "PATCH", &format!("users/{user}/"), JSON_PATCH, full(operations)).await
    }

    /// Adds or removes a member.
    pub(crate) async fn member(&self, by: i64, action: &str, number: u128, user: i64) -> Answer {
        let path = format!("groups/{}/{action}/", group(number));
        self.json(by, "POST", &path, &json!({"pk": user})).await
    }

    /// The stored user.
    pub(crate) async fn user(&self, id: i64) -> User {
        row(&self.database.store, id).await
    }
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";

/// The head of a request, for further headers.
pub(crate) fn head(by: Option<i64>, method: &str, path: &str, media_type: &str) -> http::request::Builder {
    let uri = format!("/api/v3/core/{path}");
    let request = Request::builder().method(method).uri(uri).header("content-type", media_type);
    match by {
        Some(by) => request.header(AUTHORIZATION, format!("Bearer {by}")),
        None => request,
    }
}

pub(crate) fn full(body: &Value) -> Full<Bytes> {
    Full::from(body.to_string())
}

/// The stable code of a denial.
pub(crate) fn code(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.json["code"].as_str().unwrap_or_default())
}

/// A user as the actor of a call of the library.
pub(crate) fn actor(id: i64) -> Actor {
    Actor::user(UserId(id))
}

/// Whether a text has a name or an attribute of a group that most callers may not view.
pub(crate) fn reveals(text: &str) -> bool {
    ["Hidden project", "budget", "Administrators", "Root2", "Night shift"]
        .iter()
        .any(|secret| text.contains(secret))
}
