//! What each SCIM connection may do: `scim.txt`, with checks of the directory afterwards.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use userbook::{
    Actor, Group, PermissionAuthorizer, StaticPermissions, User, UserId, UserService, UserType,
    authz::Permission,
    model::ExternalIds,
    store::{ImportData, ImportStore},
};
use userbook_memory::MemoryStore;
use userbook_scim::{Connection, ConnectionAuthorizer, ScimApi, StaticConnections};
use userbook_tests::fixture::{ADMINS, group_id};

use crate::{
    directory::{self, uuid_of},
    lifecycle::Left,
    table::{Case, cases},
};

/// The minimum number of lines, so that lines cannot vanish unnoticed.
const AT_LEAST: usize = 80;

const CREW: u128 = 0xc4e3;
const GRANTING: u128 = 0x90e4;
const THEIRS: u128 = 0x7e14;

/// External sources, each with an identifier.
type Sources = &'static [(&'static str, &'static str)];

/// Id, name, external ids.
const USERS: [(i64, &str, Sources); 5] = [
    (30, "own", &[("scim:okta", "own-1")]),
    (31, "idle", &[("scim:okta", "idle-1")]),
    (32, "other", &[("scim:entra", "other-1")]),
    (33, "keeper", &[("scim:okta", "keeper-1"), ("scim:entra", "keeper-1")]),
    (34, "chief", &[("scim:okta", "chief-1"), ("scim:entra", "chief-1")]),
];

/// Id, connection, source.
const ACCOUNTS: [(i64, &str, &str); 4] =
    [(40, "okta", "okta"), (41, "entra", "entra"), (42, "sleeper", "okta"), (43, "super", "okta")];

fn external_ids(ids: &[(&str, &str)]) -> ExternalIds {
    let ids = ids.iter().map(|(source, id)| (source.parse().unwrap(), Some((*id).to_owned())));
    ids.collect()
}

fn rows(policy: &str) -> ImportData {
    let mut rows = directory::rows("hardened");
    let pattern = rows.users.iter().find(|user| user.id == UserId(5)).unwrap().clone();
    if policy == "scim-last" {
        // No other superuser is left.
        for user in &mut rows.users {
            user.groups.clear();
        }
    }
    let row = |id: i64, name: &str| User {
        id: UserId(id),
        uuid: uuid_of(id),
        username: name.to_owned(),
        user_type: UserType::Internal,
        email: format!("{name}@example.com"),
        ..pattern.clone()
    };
    rows.users.extend(USERS.map(|(id, name, ids)| {
        let mut user = row(id, name);
        user.external_ids = external_ids(ids);
        user.groups = match name {
            "own" => [group_id(CREW)].into(),
            "chief" => [group_id(GRANTING)].into(),
            _ => user.groups,
        };
        user
    }));
    rows.users.extend(ACCOUNTS.map(|(id, name, _)| {
        let mut user = row(id, &format!("scim-{name}"));
        user.user_type = UserType::ServiceAccount;
        user.is_active = name != "sleeper";
        if name == "super" && policy != "scim-last" {
            user.groups = [group_id(ADMINS)].into();
        }
        user
    }));
    let group = |number, name: &str, source: &str, is_superuser| Group {
        id: group_id(number),
        name: name.to_owned(),
        is_superuser,
        external_ids: external_ids(&[(source, name)]),
        ..Group::example()
    };
    rows.groups.extend([
        group(CREW, "crew", "scim:okta", false),
        group(GRANTING, "granting", "scim:okta", true),
        group(THEIRS, "theirs", "scim:entra", false),
    ]);
    rows
}

/// Replaces the names of users, groups and schemas.
fn named(text: &str) -> String {
    let uuid = |id: i64| uuid_of(id).to_string();
    let group = |number| group_id(number).to_string();
    let urn = |name: &str| format!("urn:ietf:params:scim:{name}");
    let names = [
        ("@own", uuid(30)),
        ("@idle", uuid(31)),
        ("@other", uuid(32)),
        ("@holder", uuid(33)),
        ("@chief", uuid(34)),
        ("@ann", uuid(2)),
        ("@root", uuid(1)),
        ("@crew", group(CREW)),
        ("@granting", group(GRANTING)),
        ("@theirs", group(THEIRS)),
        ("@User", urn("schemas:core:2.0:User")),
        ("@Group", urn("schemas:core:2.0:Group")),
        ("@Patch", urn("api:messages:2.0:PatchOp")),
        ("@Bulk", urn("api:messages:2.0:BulkRequest")),
    ];
    names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

async fn faults(case: &Case) -> Vec<String> {
    let store = MemoryStore::new();
    store.import(&rows(&case.policy)).await.unwrap();
    // The right makes the holder privileged.
    let granted = StaticPermissions::none().grant(UserId(33), Permission::EnableGroupSuperuser);
    let authorizer = ConnectionAuthorizer::new(PermissionAuthorizer::new(granted));
    let connections = ACCOUNTS.iter().fold(StaticConnections::new(), |all, (id, name, source)| {
        all.with(*name, Connection::new(source, Actor::user(UserId(*id))).unwrap())
    });
    let api = ScimApi::new(UserService::new(store.clone(), authorizer), connections);
    let before = Left::of(&store).await;
    let mut request = Request::builder().method(case.method.as_str()).uri(&case.target);
    if case.actor != "anonymous" {
        request = request.header("authorization", format!("Bearer {}", case.actor));
    }
    let request = request.header("content-type", "application/scim+json");
    let answer = api.handle(request.body(Full::new(Bytes::from(case.body.clone()))).unwrap()).await;
    let (status, after) = (answer.status().as_u16(), Left::of(&store).await);
    let body = String::from_utf8_lossy(answer.body());

    let mut faults = Vec::new();
    if status != case.expected.status {
        faults.push(format!("status {status} instead of {}: {body:.120}", case.expected.status));
    }
    let writes = status < 300 && case.method != "GET" && !case.expected.unchanged;
    if !writes && before != after {
        faults.push("something changed".to_owned());
    }
    if writes && (before == after || after.events.is_empty()) {
        faults.push("nothing changed, or no event".to_owned());
    }
    if before.superusers() != after.superusers() {
        faults.push(format!("superusers {:?}", after.superusers()));
    }
    if before.granting() != after.granting() {
        faults.push(format!("granting groups {:?}", after.granting()));
    }
    let foreign = |id: &&UserId| id.0 < 30 && before.users.get(*id) != after.users.get(*id);
    faults.extend(before.users.keys().find(foreign).map(|id| format!("user {id} changed")));
    // No answer shows a user without a connection, beyond what the request names.
    let named = [uuid_of(1).to_string(), uuid_of(2).to_string(), "ann@example.com".to_owned()];
    let repeated = named.iter().filter(|text| case.body.contains(*text));
    let shown = repeated.fold(body.into_owned(), |shown, text| shown.replace(text, ""));
    faults.extend(crate::leaks(case, &shown));
    faults
}

#[tokio::test]
async fn every_connection_gets_the_expected_response() {
    let text = named(include_str!("scim.txt"));
    let cases = cases(&text);
    assert!(cases.iter().filter(|case| case.actor == "okta").count() >= AT_LEAST, "{} cases", cases.len());
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in &cases {
        for fault in faults(case).await {
            let line = format!("{}: {} {} {}", case.policy, case.method, case.target, case.body);
            wrong.entry(line).or_default().push(format!("{}: {fault}", case.actor));
        }
    }
    let listing: Vec<String> =
        wrong.iter().map(|(line, faults)| format!("{line}\n    {}", faults.join("\n    "))).collect();
    assert!(wrong.is_empty(), "{} lines\n{}", wrong.len(), listing.join("\n"));
}
