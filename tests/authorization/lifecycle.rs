//! Who may create, change and delete users and groups, set passwords and create service accounts: `lifecycle.txt`, with
//! checks of the directory afterwards.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use userbook::{
    Group, PermissionAuthorizer, Policy, StaticPermissions, User, UserId, UserService, UserStore,
    authz::Permission as P,
    event::Event,
    model::GroupGraph,
    store::{DirectoryQuery, ImportData, ImportStore, Outbox, OutboxLimit, ProvisioningStore, SnapshotQuery},
};
use userbook_http::{DirectoryApi, Representation};
use userbook_memory::MemoryStore;
use userbook_tests::{
    fixture::{Numbered, STAFF, extensions, group_id},
    lifecycle::CaseTokens,
};

use crate::{
    directory,
    table::{Case, cases},
};

/// The minimum number of lines, so that lines cannot vanish unnoticed.
const AT_LEAST: usize = 250;

/// The actors beside `root`, `outsider` and `machine` of `directory.rs`, and their permissions on everything.
const ACTORS: [(i64, &str, &[P]); 18] = [
    (30, "creator", &[P::AddUser]),
    (31, "deleter", &[P::ViewUser, P::DeleteUser]),
    (32, "blinddel", &[P::DeleteUser]),
    (33, "founder", &[P::AddGroup]),
    (34, "editor", &[P::ViewGroup, P::ChangeGroup, P::ViewUser]),
    (35, "blinded", &[P::ChangeGroup]),
    (36, "dissolver", &[P::ViewGroup, P::DeleteGroup]),
    (37, "resetter", &[P::ViewUser, P::ResetUserPassword]),
    (38, "blindreset", &[P::ResetUserPassword]),
    (39, "provisioner", &[P::AddUser, P::AddToken]),
    (40, "provfull", &[P::AddUser, P::AddToken, P::AddGroup]),
    (41, "tokener", &[P::AddToken]),
    (
        42,
        "enabler",
        &[P::ViewGroup, P::ChangeGroup, P::AddGroup, P::ViewUser, P::AddUser, P::EnableGroupSuperuser],
    ),
    (43, "disabler", &[P::ViewGroup, P::ChangeGroup, P::AddGroup, P::ViewUser, P::DisableGroupSuperuser]),
    (44, "objuser", &[]),
    (45, "objgroup", &[]),
    (46, "helper", &[P::ViewUser, P::ChangeUser, P::ViewGroup]),
    (47, "seer", &[P::AddUser, P::ViewGroup]),
];

/// Actors that may grant superuser status through every group.
const MAY_GRANT: [&str; 2] = ["root", "enabler"];

fn number(actor: &str) -> Option<i64> {
    match actor {
        "anonymous" => None,
        "root" => Some(1),
        "outsider" => Some(5),
        "machine" => Some(6),
        name => Some(ACTORS.iter().find(|(_, known, _)| *known == name).unwrap().0),
    }
}

/// The rows of `directory.rs` below number 30, and the actors.
fn rows() -> ImportData {
    let mut rows = directory::rows("hardened");
    let pattern = rows.users.iter().find(|user| user.id == UserId(5)).unwrap().clone();
    rows.users.extend(ACTORS.map(|(id, name, _)| User {
        id: UserId(id),
        uuid: directory::uuid_of(id),
        username: format!("the-{name}"),
        ..pattern.clone()
    }));
    rows
}

fn permissions() -> PermissionAuthorizer<StaticPermissions> {
    let all = ACTORS.iter().flat_map(|(id, _, held)| held.iter().map(move |it| (UserId(*id), *it)));
    let granted = all.fold(StaticPermissions::none(), |granted, (to, it)| granted.grant(to, it));
    let on_ann = [P::ViewUser, P::DeleteUser, P::ResetUserPassword];
    let granted =
        on_ann.into_iter().fold(granted, |granted, it| granted.grant_on_user(UserId(44), it, UserId(2)));
    let on_staff = [P::ViewGroup, P::ChangeGroup, P::DeleteGroup];
    let granted = on_staff
        .into_iter()
        .fold(granted, |granted, it| granted.grant_on_group(UserId(45), it, group_id(STAFF)));
    // A right to grant makes user 20 privileged.
    PermissionAuthorizer::new(granted.grant_on_group(UserId(20), P::EnableGroupSuperuser, group_id(STAFF)))
}

/// Everything that a request may leave behind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Left {
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) groups: GroupGraph,
    pub(crate) events: Vec<Event>,
}

impl Left {
    pub(crate) async fn of(store: &MemoryStore) -> Self {
        let query = DirectoryQuery { shape: true, ..DirectoryQuery::default() };
        let directory = store.load_directory(&query).await.unwrap();
        let groups = directory.shape.keys().copied().collect();
        let mut users = BTreeMap::new();
        for id in 1..i64::try_from(directory.epochs.next_user).unwrap() {
            let found = store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user;
            users.extend(found.map(|user| (user.id, user)));
        }
        let query = DirectoryQuery { groups, ..DirectoryQuery::default() };
        let groups = store.load_directory(&query).await.unwrap().groups;
        let events = store.pending(OutboxLimit { events: 100, bytes: u64::MAX }).await.unwrap();
        Self { users, groups, events }
    }

    pub(crate) fn superusers(&self) -> BTreeSet<UserId> {
        let is_superuser = |user: &&User| self.groups.grants_superuser(&user.groups);
        self.users.values().filter(is_superuser).map(|user| user.id).collect()
    }

    pub(crate) fn granting(&self) -> BTreeSet<String> {
        let granting = self.groups.iter().filter(|group| self.groups.superuser_source(group.id).is_some());
        granting.map(|group: &Group| group.id.to_string()).collect()
    }
}

async fn faults(case: &Case) -> Vec<String> {
    let store = MemoryStore::new();
    store.import(&rows()).await.unwrap();
    let policy = match case.policy.as_str() {
        "lifecycle" => Policy::hardened(),
        "lifecycle-recorded" => Policy::authentik_2025_2(),
        other => panic!("no policy {other:?}"),
    };
    let hardened = policy == Policy::hardened();
    let extensions = extensions(&policy);
    let service = UserService::new(store.clone(), permissions()).with_policy(policy);
    let ports = CaseTokens::new();
    let api = DirectoryApi::new(service, Numbered, Representation::new("table"))
        .with_extensions(extensions)
        .with_credentials(ports.clone())
        .with_tokens(ports.clone());
    let before = Left::of(&store).await;
    let mut request = Request::builder().method(case.method.as_str()).uri(&case.target);
    if let Some(number) = number(&case.actor) {
        request = request.header("authorization", format!("Bearer {number}"));
    }
    let request = request.header("content-type", case.content_type);
    let answer = api.handle(request.body(Full::new(Bytes::from(case.body.clone()))).unwrap()).await;
    let (status, after) = (answer.status().as_u16(), Left::of(&store).await);

    let mut faults = Vec::new();
    if status != case.expected.status {
        let body = String::from_utf8_lossy(answer.body()).chars().take(120).collect::<String>();
        faults.push(format!("status {status} instead of {}: {body}", case.expected.status));
    }
    let writes = status < 300 && !case.expected.unchanged;
    if !writes && (before != after || !ports.is_empty()) {
        faults.push("something changed".to_owned());
    }
    if writes && (before.users == after.users && before.groups == after.groups || after.events.is_empty()) {
        faults.push("nothing changed, or no event".to_owned());
    }
    if hardened && !MAY_GRANT.contains(&case.actor.as_str()) {
        if before.superusers() != after.superusers() {
            faults.push(format!("superusers {:?}", after.superusers()));
        }
        if before.granting() != after.granting() {
            faults.push(format!("granting groups {:?}", after.granting()));
        }
    }
    if status == 403 || status == 404 {
        faults.extend(crate::leaks(case, &String::from_utf8_lossy(answer.body())));
    }
    faults
}

#[tokio::test]
async fn every_actor_gets_the_expected_response() {
    let text = include_str!("lifecycle.txt");
    let is_case = |line: &&str| {
        !line.is_empty() && !["#", "policy", "actors"].iter().any(|other| line.starts_with(other))
    };
    let lines = text.lines().filter(is_case).count();
    assert!(lines >= AT_LEAST, "{lines} lines");
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in &cases(text) {
        for fault in faults(case).await {
            let line = format!("{}: {} {} {}", case.policy, case.method, case.target, case.body);
            wrong.entry(line).or_default().push(format!("{}: {fault}", case.actor));
        }
    }
    let listing: Vec<String> =
        wrong.iter().map(|(line, faults)| format!("{line}\n    {}", faults.join("\n    "))).collect();
    assert!(wrong.is_empty(), "{} lines\n{}", wrong.len(), listing.join("\n"));
}
