//! A directory in memory, and checks on it.

use std::collections::BTreeSet;

use serde_json::json;
use userbook::{
    Actor, Authorizer, Field, Group, GroupId, User, UserId, UserStore,
    authz::{ActorView, Check, Facts, Resource, Verdict},
    store::{DirectoryQuery, ImportData, ImportStore, ProvisioningStore, Snapshot, SnapshotQuery},
};
use userbook_cedar::CedarAuthorizer;
use userbook_memory::MemoryStore;
use uuid::Uuid;

pub(crate) const ROOT: i64 = 1;
/// In "north".
pub(crate) const ANN: i64 = 2;
/// In "help desk".
pub(crate) const DESK: i64 = 3;
/// In "sales leads".
pub(crate) const LEAD: i64 = 4;
/// In no group.
pub(crate) const NEW: i64 = 5;
/// A service account in no group.
pub(crate) const ROBOT: i64 = 6;
/// Superuser through a group below "admins".
pub(crate) const BOSS: i64 = 7;
/// In "north" and "finance".
pub(crate) const BOB: i64 = 8;
/// In "help desk", and not active.
pub(crate) const RETIRED: i64 = 9;
pub(crate) const MISSING: i64 = 99;

pub(crate) const ADMINS: u128 = 0xad;
pub(crate) const CHIEFS: u128 = 0xc0;
pub(crate) const HELP_DESK: u128 = 0xde;
pub(crate) const LEADS: u128 = 0x1e;
pub(crate) const SALES: u128 = 0x5a;
pub(crate) const NORTH: u128 = 0x5b;
pub(crate) const SOUTH: u128 = 0x5c;
/// A granting group below "sales".
pub(crate) const GRANTING: u128 = 0x5d;
pub(crate) const FINANCE: u128 = 0xf1;

pub(crate) fn group_id(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000 | number))
}

pub(crate) fn group(number: u128, name: &str, is_superuser: bool, parent: Option<u128>) -> Group {
    let attributes = json!({"code": name});
    Group {
        id: group_id(number),
        name: name.to_owned(),
        is_superuser,
        parent: parent.map(group_id),
        attributes,
        ..Group::example()
    }
}

pub(crate) fn user(id: i64, username: &str, groups: &[u128], user_type: &str) -> User {
    let groups: Vec<GroupId> = groups.iter().copied().map(group_id).collect();
    let row = json!({
        "id": id, "uuid": Uuid::from_u128(u128::from(id.unsigned_abs())), "username": username,
        "name": username.to_uppercase(), "email": format!("{username}@example.com"),
        "is_active": id != RETIRED, "last_login": null, "path": "users/staff", "user_type": user_type,
        "attributes": {"team": "red", "skills": ["a", "b"], "settings": {"locale": "de"}, "rate": 0.5},
        "groups": groups, "password_change_date": "2024-01-02T03:04:05Z",
            "external_ids": {"scim:okta": format!("00u{id}")},
            "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
            "session_epoch": "00000000-0000-4000-8000-000000005e55", "revision": Uuid::nil(), "version": 1,
    });
    serde_json::from_value(row).unwrap()
}

pub(crate) fn rows() -> ImportData {
    ImportData {
        install_id: "fixture".to_owned(),
        groups: vec![
            group(ADMINS, "admins", true, None),
            group(CHIEFS, "chiefs", false, Some(ADMINS)),
            group(HELP_DESK, "help desk", false, None),
            group(LEADS, "sales leads", false, None),
            group(SALES, "sales", false, None),
            group(NORTH, "north", false, Some(SALES)),
            group(SOUTH, "south", false, Some(SALES)),
            group(GRANTING, "granting", true, Some(SALES)),
            group(FINANCE, "finance", false, None),
        ],
        users: vec![
            user(ROOT, "root", &[ADMINS], "internal"),
            user(ANN, "ann", &[NORTH], "internal"),
            user(DESK, "desk", &[HELP_DESK], "internal"),
            user(LEAD, "lead", &[LEADS], "internal"),
            user(NEW, "new", &[], "external"),
            user(ROBOT, "robot", &[], "service_account"),
            user(BOSS, "boss", &[CHIEFS], "internal"),
            user(BOB, "bob", &[NORTH, FINANCE], "internal"),
            user(RETIRED, "retired", &[HELP_DESK], "internal"),
        ],
    }
}

pub(crate) async fn store() -> MemoryStore {
    let store = MemoryStore::new();
    store.import(&rows()).await.unwrap();
    store
}

/// The example policies of this crate.
pub(crate) fn example(name: &str) -> CedarAuthorizer {
    let path = format!("{}/policies/{name}.cedar", env!("CARGO_MANIFEST_DIR"));
    let authorizer = CedarAuthorizer::read(path.as_ref()).unwrap();
    assert_eq!(authorizer.warnings(), [], "{name}");
    authorizer
}

/// Loads a user, the actor, and the groups of the checks.
pub(crate) async fn load(id: i64, actor: &Actor, checks: &[Check]) -> Snapshot {
    let groups = checks.iter().filter_map(|check| match check {
        Check::Join(group)
        | Check::GrantSuperuser(group)
        | Check::AddMember(group)
        | Check::RemoveMember(group)
        | Check::ViewGroup(group) => Some(*group),
        _ => None,
    });
    let query =
        SnapshotQuery { actor: actor.user_id(), groups: groups.collect(), ..SnapshotQuery::user(UserId(id)) };
    store().await.load(&query).await.unwrap()
}

/// Returns the actor's own snapshot.
pub(crate) async fn own(actor: &Actor) -> Snapshot {
    let query = SnapshotQuery { actor: actor.user_id(), ..SnapshotQuery::default() };
    store().await.load(&query).await.unwrap()
}

/// Returns the acting user of a snapshot.
pub(crate) fn view(own: &Snapshot) -> Option<ActorView<'_>> {
    own.actor.as_ref().map(|state| ActorView { state, groups: &own.groups })
}

/// Returns the target of a snapshot as a resource.
pub(crate) fn resource(snapshot: &Snapshot) -> Resource<'_> {
    let facts = Facts { groups: &snapshot.groups, actor: snapshot.actor.as_ref() };
    match &snapshot.user {
        Some(user) => Resource::User(user, facts),
        None => Resource::MissingUser(facts),
    }
}

/// Returns the verdicts on a user, existing or not.
pub(crate) async fn verdicts_on(
    authorizer: &impl Authorizer,
    actor: &Actor,
    target: i64,
    checks: &[Check],
) -> Vec<Verdict> {
    let snapshot = load(target, actor, checks).await;
    authorizer.authorize(actor, resource(&snapshot), checks).await.unwrap().verdicts
}

/// Returns the verdicts on the directory.
pub(crate) async fn verdicts_on_directory(
    authorizer: &impl Authorizer,
    actor: &Actor,
    checks: &[Check],
) -> Vec<Verdict> {
    let groups: BTreeSet<GroupId> = rows().groups.iter().map(|group| group.id).collect();
    let query = DirectoryQuery { actor: actor.user_id(), groups, ..DirectoryQuery::default() };
    let directory = store().await.load_directory(&query).await.unwrap();
    let facts = Facts { groups: &directory.groups, actor: directory.actor.as_ref() };
    authorizer.authorize(actor, Resource::Directory(facts), checks).await.unwrap().verdicts
}

/// `a`llowed, `d`enied, hidden (`h`), denied with a `r`eason.
pub(crate) fn letters(verdicts: &[Verdict]) -> String {
    let letter = |verdict: &Verdict| match verdict {
        Verdict::Allow => 'a',
        Verdict::Deny(None) => 'd',
        Verdict::Deny(Some(_)) => 'r',
        Verdict::Hide => 'h',
    };
    verdicts.iter().map(letter).collect()
}

/// View, change, the nine fields in order, delete.
pub(crate) fn about_user() -> Vec<Check> {
    let fields = Field::DOCUMENT.map(Check::Set);
    [Check::View, Check::Change].into_iter().chain(fields).chain([Check::DeleteUser]).collect()
}

pub(crate) fn actor(id: i64) -> Actor {
    Actor::user(UserId(id))
}
