//! The SCIM provider: a connection that manages some of the users.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use userbook::{
    Actor, StaticPermissions, User, UserId, UserService, UserStore,
    event::Event,
    store::{ImportStore, Outbox, OutboxLimit, SnapshotQuery},
};
use userbook_memory::MemoryStore;
use userbook_scim::{Connection, ConnectionAuthorizer, ScimApi, StaticConnections, Strictness};

use crate::fixture::{Rights, USERS, group_id, json_of, now, rows};

/// The user that PATCHes change.
pub const TARGET: i64 = 2;
/// The users that the connection manages.
pub const MANAGED: [i64; 4] = [2, 3, 4, 5];
/// The account of the connection.
const ACCOUNT: i64 = 6;

/// A provider of one input.
#[derive(Debug)]
pub struct Provider {
    api: ScimApi<MemoryStore, ConnectionAuthorizer<Rights>, StaticConnections>,
    store: MemoryStore,
}

/// A response.
#[derive(Debug)]
pub struct ScimAnswer {
    /// The status code.
    pub status: StatusCode,
    /// The body; null without one.
    pub json: Value,
}

impl Provider {
    /// Creates the initial directory.
    pub fn new(strictness: Strictness) -> Self {
        let store = MemoryStore::new();
        let mut rows = rows();
        let source: userbook::model::ExternalSource = "scim:okta".parse().expect("a right name");
        for user in rows.users.iter_mut().filter(|user| MANAGED.contains(&user.id.0)) {
            let id = Some(format!("ext-{}", user.id));
            user.external_ids = std::iter::once((source.clone(), id)).collect();
            user.groups.clear();
        }
        if let Some(user) = rows.users.iter_mut().find(|user| user.id.0 == TARGET) {
            let attributes = json!({
                "title": "Dr",
                "emails": [
                    {"value": "ann@example.com", "type": "work", "primary": true},
                    {"value": "home@example.com", "type": "home"},
                ],
                "name": {"givenName": "Ann", "familyName": "X"},
                "roles": [{"value": "a", "type": "x"}, {"value": "b"}],
                "department": "R&D",
            });
            user.attributes = attributes.into();
        }
        now(store.import(&rows)).expect("right rows");
        let account = Connection::new("okta", Actor::user(UserId(ACCOUNT))).expect("a right name");
        let connections = StaticConnections::new().with("okta", account.strictness(strictness));
        let rights = Rights::new(StaticPermissions::none());
        let service = UserService::new(store.clone(), ConnectionAuthorizer::new(rights));
        Self { api: ScimApi::new(service, connections), store }
    }

    /// Sends a request; checks that the response is a response of SCIM.
    pub fn send(&self, method: &str, target: &str, body: &Value) -> ScimAnswer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2{target}"))
            .header("authorization", "Bearer okta")
            .header("content-type", "application/scim+json")
            .body(Full::new(Bytes::from(if body.is_null() { String::new() } else { body.to_string() })))
            .expect("a right request");
        let (head, body) = now(self.api.handle(request)).into_parts();
        assert!(!head.status.is_server_error(), "{} {body:?}", head.status);
        let json = if body.is_empty() { Value::Null } else { json_of(&body).expect("a response is JSON") };
        if head.status.is_client_error() {
            assert_eq!(json["status"], head.status.as_u16().to_string(), "{json}");
        }
        ScimAnswer { status: head.status, json }
    }

    /// Searches users; returns the total number, or nothing if the filter is rejected.
    pub fn count(&self, filter: &str) -> Option<u64> {
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
        let answer = self.send("POST", "/Users/.search", &search);
        if answer.status != StatusCode::OK {
            assert!([400, 413].contains(&answer.status.as_u16()), "{answer:?}");
            return None;
        }
        let found = answer.json["Resources"].as_array().expect("a list");
        assert_eq!(answer.json["totalResults"], found.len(), "{filter}");
        assert!(found.len() <= MANAGED.len(), "{filter} finds foreign users");
        answer.json["totalResults"].as_u64()
    }

    /// The path of the user that PATCHes change.
    pub fn target(&self) -> String {
        format!("/Users/{}", self.row(TARGET).uuid)
    }

    /// Returns a user's row.
    pub fn row(&self, id: i64) -> User {
        let snapshot = now(self.store.load(&SnapshotQuery::user(UserId(id)))).expect("the store answers");
        snapshot.user.expect("the user exists")
    }

    /// Returns all rows except the one of the target.
    pub fn others(&self) -> Vec<User> {
        USERS.iter().filter(|(id, ..)| *id != TARGET).map(|(id, ..)| self.row(*id)).collect()
    }

    /// Returns all events, oldest first.
    pub fn events(&self) -> Vec<Event> {
        now(self.store.pending(OutboxLimit { events: 1000, bytes: u64::MAX })).expect("the store answers")
    }

    /// Returns whether the target is in a group that grants superuser status.
    pub fn is_elevated(&self) -> bool {
        self.row(TARGET).groups.iter().any(|id| [crate::fixture::ADMINS, crate::fixture::CHIEFS].map(group_id).contains(id))
    }
}
