//! The users of the table, their permissions and their tokens.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use userbook::{
    Actor, Authorizer, Field, Group, GroupId, PermissionAuthorizer, Policy, StaticPermissions, User, UserId,
    UserService,
    authz::{
        ActorView, AuthorizerError, Check, ListAuthorizer, Permission as P, Resource, Verdict, Verdicts,
    },
    model::{GroupGraph, parse_timestamp},
    store::{ImportData, ImportStore, Scope, StoreError},
};
use userbook_http::{
    BearerAuthenticator, DirectoryApi, Representation, TokenHash, TokenIntent, TokenKey, TokenRecord,
    TokenStore, UserApi,
};
use userbook_memory::MemoryStore;
use userbook_tests::fixture::{ADMINS, CHIEFS, DEVS, STAFF, group_id};
use uuid::Uuid;

use userbook_tests::fixture::extensions;

/// Id, name, groups, type, active.
pub(crate) const USERS: [(i64, &str, &[u128], &str, bool); 25] = [
    (1, "root", &[ADMINS], "internal", true),
    (2, "ann", &[STAFF], "internal", true),
    (3, "helper", &[], "internal", true),
    (4, "viewer", &[], "internal", true),
    (5, "outsider", &[], "external", true),
    (6, "machine", &[], "internal_service_account", true),
    (7, "boss", &[CHIEFS], "internal", true),
    (8, "retired", &[ADMINS], "internal", false),
    (9, "granter", &[], "internal", true),
    (10, "limited", &[], "internal", true),
    (11, "changer", &[], "internal", true),
    (12, "looker", &[], "internal", true),
    (13, "grandee", &[], "internal", true),
    (14, "AnonymousUser", &[], "internal", true),
    (15, "automaton", &[], "internal_service_account", true),
    (16, "asleep", &[], "internal", false),
    (17, "lagging", &[], "internal", false),
    (18, "blind", &[], "internal", true),
    (19, "demoter", &[], "internal", true),
    (20, "holder", &[], "internal", true),
    (21, "sleeper", &[], "internal", false),
    (22, "adder", &[], "internal", true),
    (23, "remover", &[], "internal", true),
    (24, "unseeing", &[], "internal", true),
    (25, "robot", &[ADMINS], "service_account", true),
];

/// Permissions without an object.
const GLOBAL: [(i64, &[P]); 15] = [
    (3, &[P::ViewUser, P::ChangeUser, P::ViewGroup]),
    (4, &[P::ViewUser]),
    (9, &[P::ViewUser, P::ChangeUser, P::ViewGroup]),
    (10, &[P::ViewGroup]),
    (11, &[P::ChangeUser]),
    (13, &[P::ViewUser, P::ChangeUser, P::ViewGroup, P::EnableGroupSuperuser]),
    (15, &[P::ViewUser, P::ChangeUser, P::ViewGroup]),
    (16, &[P::ViewUser, P::ChangeUser]),
    (17, &[P::ViewUser, P::ChangeUser]),
    (18, &[P::ViewUser, P::ChangeUser]),
    (19, &[P::ViewUser, P::ChangeUser, P::ViewGroup]),
    (21, &[P::EnableGroupSuperuser]),
    (22, &[P::ViewUser, P::AddUserToGroup]),
    (23, &[P::ViewUser, P::RemoveUserFromGroup]),
    (24, &[P::AddUserToGroup, P::RemoveUserFromGroup]),
];

fn granted() -> StaticPermissions {
    let global = GLOBAL.iter().flat_map(|(to, permissions)| permissions.iter().map(|it| (UserId(*to), *it)));
    global
        .fold(StaticPermissions::none(), |granted, (to, permission)| granted.grant(to, permission))
        .grant_on_user(UserId(10), P::ViewUser, UserId(2))
        .grant_on_user(UserId(10), P::ChangeUser, UserId(2))
        .grant_on_user(UserId(12), P::ViewUser, UserId(2))
        .grant_on_group(UserId(9), P::EnableGroupSuperuser, group_id(CHIEFS))
        .grant_on_group(UserId(19), P::EnableGroupSuperuser, group_id(ADMINS))
        .grant_on_group(UserId(20), P::EnableGroupSuperuser, group_id(STAFF))
}

/// Returns the `Authorization` header of an actor; none for `anonymous`.
pub(crate) fn authorization(actor: &str) -> Option<String> {
    match actor {
        "anonymous" => None,
        "basic" => Some("Basic cm9vdDpyb290".to_owned()),
        name => Some(format!("Bearer {name}'s key")),
    }
}

/// Finds tokens by hash, without knowing keys.
#[derive(Debug)]
pub(crate) struct Tokens(Vec<(TokenHash, TokenRecord)>);

impl Tokens {
    fn new() -> Self {
        let token = |name: &str, user, user_is_active, intent, expires: Option<&str>| {
            let record = TokenRecord {
                user: UserId(user),
                user_is_active,
                intent,
                expiring: expires.is_some(),
                expires: expires.and_then(parse_timestamp),
            };
            (TokenKey::new(format!("{name}'s key")).hash(), record)
        };
        // As if read a moment ago: `lagging` was active, and the row of `ghost` is gone.
        let of = |id, name: &str, active: bool| {
            token(name, id, active || name == "lagging", TokenIntent::Api, Some("9999-01-01T00:00:00Z"))
        };
        let mut tokens: Vec<_> =
            USERS.iter().map(|(id, name, _, _, active)| of(*id, name, *active)).collect();
        tokens.push(of(99, "ghost", true));
        tokens.push(token("expired", 1, true, TokenIntent::Api, Some("2020-01-01T00:00:00Z")));
        tokens.push(token("recovery", 1, true, TokenIntent::Recovery, None));
        tokens.push(token("app_password", 1, true, TokenIntent::AppPassword, None));
        Self(tokens)
    }
}

#[async_trait]
impl TokenStore for Tokens {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        Ok(self.0.iter().find(|(known, _)| known == hash).map(|(_, record)| record.clone()))
    }
}

/// Allows every caller to change names and e-mail addresses, and nothing else.
#[derive(Debug)]
struct Desk;

#[async_trait]
impl ListAuthorizer for Desk {
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

#[async_trait]
impl Authorizer for Desk {
    async fn authorize(
        &self,
        _: &Actor,
        _: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        let verdict = |check: &Check| match check {
            Check::View | Check::Change | Check::Set(Field::Name | Field::Email) => Verdict::Allow,
            _ => Verdict::deny(),
        };
        Ok(checks.iter().map(verdict).collect())
    }

    async fn can_grant_superuser(&self, _: &User, _: &GroupGraph) -> Result<bool, AuthorizerError> {
        Ok(false)
    }
}

type Users = UserApi<MemoryStore, Box<dyn ListAuthorizer>, BearerAuthenticator<Tokens>>;

/// The API of users, or the API of the whole directory.
pub(crate) enum Api {
    Users(Users),
    Directory(DirectoryApi<MemoryStore, Box<dyn ListAuthorizer>, BearerAuthenticator<Tokens>>),
}

impl Api {
    pub(crate) async fn handle(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        match self {
            Self::Users(api) => api.handle(request).await,
            Self::Directory(api) => api.handle(request).await,
        }
    }
}

/// Returns the API over a fresh directory, under a policy of the table.
pub(crate) async fn api(policy: &str) -> (MemoryStore, Api) {
    let store = MemoryStore::new();
    store.import(&rows(policy)).await.unwrap();
    let (rules, authorizer): (Policy, Box<dyn ListAuthorizer>) = match policy {
        "recorded" => (Policy::authentik_2025_2(), Box::new(permissions())),
        "desk" => (Policy::hardened(), Box::new(Desk)),
        "hardened" | "members" | "lone" | "services" => (Policy::hardened(), Box::new(permissions())),
        other => panic!("no policy {other:?}"),
    };
    let service = UserService::new(store.clone(), authorizer).with_policy(rules);
    let authenticator = BearerAuthenticator::new(Tokens::new());
    let extensions = extensions(service.policy());
    let api = UserApi::new(service, authenticator, Representation::new("table")).with_extensions(extensions);
    let api = if policy == "members" { Api::Directory(api.into()) } else { Api::Users(api) };
    (store, api)
}

/// Returns the permissions of the users.
pub(crate) fn permissions() -> PermissionAuthorizer<StaticPermissions> {
    PermissionAuthorizer::new(granted())
}

/// Returns the groups of a user. Under `lone`, root is the only superuser who is a person; under `services`, no person
/// is a superuser.
fn groups_of(id: i64, usual: &'static [u128], policy: &str) -> &'static [u128] {
    match (policy, id) {
        ("lone", 6 | 14) => &[ADMINS],
        ("lone" | "services", 7) | ("services", 1) => &[],
        _ => usual,
    }
}

pub(crate) fn rows(policy: &str) -> ImportData {
    let group = |number, name: &str, is_superuser, parent: Option<u128>| Group {
        id: group_id(number),
        name: name.to_owned(),
        is_superuser,
        parent: parent.map(group_id),
        attributes: json!({}),
        ..Group::example()
    };
    ImportData {
        install_id: "table".to_owned(),
        groups: vec![
            group(ADMINS, "admins", true, None),
            group(CHIEFS, "chiefs", false, Some(ADMINS)),
            group(STAFF, "staff", false, None),
            group(DEVS, "devs", false, Some(STAFF)),
        ],
        users: USERS
            .iter()
            .map(|(id, name, groups, kind, active)| {
                user(*id, name, groups_of(*id, groups, policy), kind, *active)
            })
            .collect(),
    }
}

fn user(id: i64, username: &str, groups: &[u128], user_type: &str, is_active: bool) -> User {
    let groups: Vec<GroupId> = groups.iter().copied().map(group_id).collect();
    let row = json!({
        "id": id, "uuid": uuid_of(id), "username": username, "name": username.to_uppercase(),
        "email": format!("{username}@example.com"), "is_active": is_active, "last_login": null, "path": "users",
        "user_type": user_type, "attributes": {"team": "red"}, "groups": groups,
        "password_change_date": "2024-01-02T03:04:05.678901Z",
            "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
            "session_epoch": "00000000-0000-4000-8000-000000005e55", "revision": Uuid::from_u128(0x1000), "version": 1,
    });
    serde_json::from_value(row).unwrap()
}

pub(crate) fn uuid_of(id: i64) -> Uuid {
    Uuid::from_u128(0xabc0_0000 + u128::from(id.unsigned_abs()))
}
