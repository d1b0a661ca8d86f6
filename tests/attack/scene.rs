//! The directory that the attacks meet, in the process and as a seed of the server.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, header::AUTHORIZATION};
use http_body::Body;
use http_body_util::Full;
use serde_json::{Value, json};
use userbook::{
    Group, GroupId, PermissionAuthorizer, Policy, StaticPermissions, User, UserId, authz::Permission as P,
    store::ImportData,
};
use userbook_tests::{
    counting::{CountingAuthorizer, CountingStore, Journal},
    fixture::{Answer, AnyStore, Directory, Kind, answer, directory_with, row, store_with},
};
use uuid::Uuid;

/// A superuser, with secrets.
pub(crate) const ADMIN: i64 = 1;
/// A superuser by a group below [`ADMINS`].
pub(crate) const ADMIN2: i64 = 2;
/// A superuser by another group.
pub(crate) const ADMIN3: i64 = 3;
/// An inactive superuser.
pub(crate) const RETIRED: i64 = 5;
/// A help desk: views and changes every user.
pub(crate) const DESK: i64 = 7;
/// An ordinary user.
pub(crate) const ALICE: i64 = 8;
/// A user with secrets in a hidden group.
pub(crate) const HIDDEN: i64 = 10;
/// Holds the right to grant superuser status through [`ADMINS2`].
pub(crate) const GRANTER: i64 = 11;
/// Adds users to groups.
pub(crate) const JOINER: i64 = 12;
/// Removes users from groups.
pub(crate) const REMOVER: i64 = 13;
/// Views every user.
pub(crate) const VIEWER: i64 = 14;
/// Views and changes the own account.
pub(crate) const SELF_ONLY: i64 = 15;
/// A service account that is superuser.
pub(crate) const ROBOT: i64 = 17;
/// An internal service account.
pub(crate) const OUTPOST: i64 = 18;
/// Has no right at all.
pub(crate) const NOBODY: i64 = 19;
/// Views and changes [`ALICE`].
pub(crate) const ONLY_ONE: i64 = 20;
/// `AnonymousUser`.
pub(crate) const ANONYMOUS: i64 = 100;
pub(crate) const MISSING: i64 = 999;

pub(crate) const ADMINS: u128 = 0xa;
pub(crate) const NIGHT: u128 = 0xb;
pub(crate) const STAFF: u128 = 0xc;
pub(crate) const SECRET: u128 = 0xd;
pub(crate) const ADMINS2: u128 = 0xe;

/// The stores that every attack meets.
pub(crate) const STORES: [Kind; 2] = [Kind::Memory, Kind::Sqlite];

pub(crate) fn group(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000 | number))
}

pub(crate) fn groups(numbers: &[u128]) -> Value {
    numbers.iter().copied().map(group).map(|id| json!(id)).collect()
}

const USERS: [(i64, &str, &[u128]); 18] = [
    (ADMIN, "admin", &[ADMINS]),
    (ADMIN2, "admin2", &[NIGHT]),
    (ADMIN3, "admin3", &[ADMINS2]),
    (RETIRED, "retired", &[ADMINS]),
    (DESK, "desk", &[]),
    (ALICE, "alice", &[STAFF]),
    (9, "bob", &[STAFF]),
    (HIDDEN, "hidden", &[SECRET]),
    (GRANTER, "granter", &[]),
    (JOINER, "joiner", &[]),
    (REMOVER, "remover", &[]),
    (VIEWER, "viewer", &[]),
    (SELF_ONLY, "selfonly", &[]),
    (16, "grpview", &[]),
    (ROBOT, "robot", &[ADMINS]),
    (OUTPOST, "outpost", &[]),
    (NOBODY, "nobodyatall", &[]),
    (ONLY_ONE, "onlyone", &[]),
];

const GLOBAL: [(i64, P); 11] = [
    (DESK, P::ViewUser),
    (DESK, P::ChangeUser),
    (GRANTER, P::ViewUser),
    (GRANTER, P::ChangeUser),
    (JOINER, P::ViewUser),
    (JOINER, P::AddUserToGroup),
    (REMOVER, P::ViewUser),
    (REMOVER, P::RemoveUserFromGroup),
    (VIEWER, P::ViewUser),
    (16, P::ViewGroup),
    (ROBOT, P::ViewUser),
];

const ON_USERS: [(i64, P, i64); 4] = [
    (SELF_ONLY, P::ViewUser, SELF_ONLY),
    (SELF_ONLY, P::ChangeUser, SELF_ONLY),
    (ONLY_ONE, P::ViewUser, ALICE),
    (ONLY_ONE, P::ChangeUser, ALICE),
];

fn user(id: i64, name: &str, groups: &[u128]) -> User {
    let attributes = match id {
        ADMIN => json!({"mfa": {"seed": "JBSWY3DP"}, "pin": 4711}),
        HIDDEN => json!({"iban": "DE123", "mfa": {"seed": "SECRET1"}}),
        _ => json!({}),
    };
    let user_type = match id {
        ROBOT => "service_account",
        OUTPOST => "internal_service_account",
        _ => "internal",
    };
    let email = if id == ADMIN { "root@example.com".to_owned() } else { format!("{name}@example.com") };
    let number = u128::from(id.unsigned_abs());
    let row = json!({
        "id": id, "uuid": Uuid::from_u128(0x4000_8000 + number), "username": name, "name": name.to_uppercase(),
        "email": email, "is_active": id != RETIRED, "last_login": null, "path": "users", "user_type": user_type,
        "attributes": attributes, "groups": groups.iter().copied().map(group).collect::<Vec<_>>(),
        "password_change_date": "2025-01-01T00:00:00Z", "revision": Uuid::from_u128(0x1000), "version": 1,
    });
    serde_json::from_value(row).unwrap()
}

/// The directory of the review, and `AnonymousUser`, who is a superuser on paper.
pub(crate) fn rows() -> ImportData {
    let group_row = |number, name: &str, is_superuser, parent: Option<u128>, attributes| Group {
        id: group(number),
        name: name.to_owned(),
        is_superuser,
        parent: parent.map(group),
        attributes,
    };
    ImportData {
        install_id: "888ac2bb-5169-4b08-a5b5-13e1f0a1f7d7".to_owned(),
        groups: vec![
            group_row(ADMINS, "Administrators", true, None, json!({})),
            group_row(NIGHT, "Night shift", false, Some(ADMINS), json!({})),
            group_row(STAFF, "Staff", false, None, json!({"secretnote": "x"})),
            group_row(SECRET, "Hidden project", false, None, json!({"budget": 42})),
            group_row(ADMINS2, "Root2", true, None, json!({})),
        ],
        users: USERS
            .iter()
            .map(|(id, name, groups)| user(*id, name, groups))
            .chain([user(ANONYMOUS, "AnonymousUser", &[ADMINS])])
            .collect(),
    }
}

fn permissions() -> StaticPermissions {
    let global = GLOBAL
        .iter()
        .fold(StaticPermissions::none(), |granted, (to, permission)| granted.grant(UserId(*to), *permission));
    ON_USERS
        .iter()
        .fold(global, |granted, (to, permission, on)| {
            granted.grant_on_user(UserId(*to), *permission, UserId(*on))
        })
        .grant_on_group(UserId(GRANTER), P::EnableGroupSuperuser, group(ADMINS2))
}

/// The same as a seed file of the server. The token of user *n* is `t-n`.
pub(crate) fn seed() -> Value {
    let ImportData { install_id, groups, users } = rows();
    let group_row = |group: &Group| {
        json!({
            "pk": group.id, "name": group.name, "is_superuser": group.is_superuser, "parent": group.parent,
            "attributes": group.attributes,
        })
    };
    let user_row = |user: &User| {
        let User { id, uuid, username, name, email, is_active, path, user_type, attributes, groups, .. } =
            user;
        json!({
            "pk": id, "uuid": uuid, "username": username, "name": name, "email": email, "is_active": is_active,
            "last_login": null, "path": path, "type": user_type, "attributes": attributes, "groups": groups,
            "password_change_date": "2025-01-01T00:00:00Z",
        })
    };
    let token = |user: &User| json!({"key": format!("t-{}", user.id), "intent": "api", "expiring": false, "expires": null, "user_pk": user.id});
    let global = GLOBAL.iter().map(|(to, it)| json!({"user_pk": to, "permission": it.as_str()}));
    let on_users = ON_USERS
        .iter()
        .map(|(to, it, on)| json!({"user_pk": to, "permission": it.as_str(), "object_pk": on}));
    let grant = P::EnableGroupSuperuser.as_str();
    let on_group = json!({"user_pk": GRANTER, "permission": grant, "object_pk": group(ADMINS2)});
    json!({
        "install_id": install_id, "groups": groups.iter().map(group_row).collect::<Vec<_>>(),
        "users": users.iter().map(user_row).collect::<Vec<_>>(),
        "tokens": users.iter().map(token).collect::<Vec<_>>(),
        "permissions": global.collect::<Vec<_>>(),
        "object_permissions": on_users.chain([on_group]).collect::<Vec<_>>(),
    })
}

/// The API over one store, with the calls of its ports.
pub(crate) struct Scene {
    pub(crate) store: AnyStore,
    pub(crate) journal: Journal,
    api: Directory<CountingAuthorizer<PermissionAuthorizer<StaticPermissions>>>,
}

impl Scene {
    pub(crate) async fn new(kind: Kind) -> Self {
        Self::with(kind, &rows()).await
    }

    pub(crate) async fn with(kind: Kind, rows: &ImportData) -> Self {
        Self::granting(kind, rows, |granted| granted).await
    }

    /// The same with more permissions.
    pub(crate) async fn granting(
        kind: Kind,
        rows: &ImportData,
        more: impl FnOnce(StaticPermissions) -> StaticPermissions,
    ) -> Self {
        let journal = Journal::default();
        let inner = store_with(kind, rows).await;
        let store: AnyStore = Arc::new(CountingStore::new(inner, journal.clone()));
        let permissions = PermissionAuthorizer::new(more(permissions()));
        let authorizer = CountingAuthorizer::new(permissions, journal.clone());
        let api = directory_with(&store, Policy::hardened(), authorizer);
        Self { store, journal, api }
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
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let uri = format!("/api/v3/core/{path}");
        let mut request = Request::builder().method(method).uri(uri).header("content-type", media_type);
        if let Some(by) = by {
            request = request.header(AUTHORIZATION, format!("Bearer {by}"));
        }
        answer(self.api.handle(request.body(body).unwrap()).await)
    }

    /// Sends JSON.
    pub(crate) async fn json(&self, by: i64, method: &str, path: &str, body: &Value) -> Answer {
        self.send(Some(by), method, path, JSON, full(body)).await
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

    pub(crate) async fn user(&self, id: i64) -> User {
        let user = row(&self.store, id).await;
        self.journal.take();
        user
    }
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";

pub(crate) fn full(body: &Value) -> Full<Bytes> {
    Full::from(body.to_string())
}

/// The stable code of a denial.
pub(crate) fn code(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.json["code"].as_str().unwrap_or_default())
}
