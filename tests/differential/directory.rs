//! The initial content of every store, the permissions, and the policies.

use userbook::{
    Group, GroupId, Policy, Revision, Safeguard, StaticPermissions, User, UserId, UserType,
    authz::Permission, store::ImportData,
};
use uuid::Uuid;

use crate::{json, rng::Rng, values};

/// Initially an active superuser.
pub(crate) const ROOT: UserId = UserId(1);
/// Has every permission except the right to grant superuser status.
pub(crate) const DESK: UserId = UserId(3);
/// Has permissions on some objects only.
const PARTIAL: UserId = UserId(4);
/// Has view permissions only.
const VIEWER: UserId = UserId(5);

/// Names with differences that databases may fold.
const USERNAMES: [&str; 7] = ["root", "ann", "desk", "Ann", "ann ", "\u{e1}nn", "AnonymousUser"];
const GROUPS: [(&str, bool, Option<u128>); 6] = [
    ("admins", true, None),
    ("Admins", false, Some(1)),
    ("staff", false, None),
    ("staff ", false, Some(3)),
    ("\u{df}", false, Some(4)),
    ("ss", true, None),
];

#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) rows: ImportData,
    pub(crate) permissions: StaticPermissions,
    pub(crate) policy: Policy,
}

impl Directory {
    pub(crate) fn any(rng: &mut Rng) -> Self {
        let groups = (1..).zip(GROUPS).map(|(n, group)| self::group(rng, n, group)).collect();
        let users = (1..).zip(USERNAMES).map(|(n, username)| user(rng, n, username)).collect();
        let rows = ImportData { install_id: "differential".to_owned(), groups, users };
        Self { rows, permissions: permissions(), policy: policy(rng) }
    }
}

fn group(rng: &mut Rng, n: u128, (name, is_superuser, parent): (&str, bool, Option<u128>)) -> Group {
    Group {
        id: GroupId(Uuid::from_u128(n)),
        name: name.to_owned(),
        is_superuser,
        parent: parent.map(|parent| GroupId(Uuid::from_u128(parent))),
        attributes: storable(rng),
        ..Group::example()
    }
}

/// Stored values may break rules.
fn user(rng: &mut Rng, id: i64, username: &str) -> User {
    let groups = rng.some(2, |rng| GroupId(Uuid::from_u128([2, 3, 4, 5][rng.below(4)])));
    let root = id == ROOT.0;
    User {
        id: UserId(id),
        uuid: values::uuid(UserId(id)),
        username: username.to_owned(),
        name: "  spaces  ".to_owned(),
        email: rng.pick(&["", "odd", "a@b.co"]).to_owned(),
        is_active: root || rng.percent(80),
        last_login: rng.maybe(50, values::moment),
        path: rng.pick(&["users", "/odd//"]).to_owned(),
        user_type: if root || rng.percent(85) { UserType::Internal } else { rng.pick(&UserType::ALL) },
        attributes: storable(rng).into(),
        groups: if root { [GroupId(Uuid::from_u128(1))].into() } else { groups.into_iter().collect() },
        password_change_date: values::moment(rng),
        created_at: values::moment(rng),
        updated_at: values::moment(rng),
        revision: Revision(Uuid::from_u64_pair(rng.next(), rng.next())),
        version: rng.pick(&[0, 1, 7]),
        ..User::example()
    }
}

/// Any JSON that reaches a store: without U+0000 and within the depth limit.
fn storable(rng: &mut Rng) -> serde_json::Value {
    loop {
        let value = json::any_json(rng, 3);
        let object = serde_json::Map::from_iter([("it".to_owned(), value.clone())]);
        if userbook::field::Attributes::new(object).is_ok() {
            return value;
        }
    }
}

fn permissions() -> StaticPermissions {
    let desk = Permission::ALL.iter().copied().filter(|it| *it != Permission::EnableGroupSuperuser);
    let permissions = desk.fold(StaticPermissions::none(), |all, permission| all.grant(DESK, permission));
    permissions
        .grant(VIEWER, Permission::ViewUser)
        .grant(PARTIAL, Permission::AddUser)
        .grant_on_user(PARTIAL, Permission::ViewUser, UserId(2))
        .grant_on_user(PARTIAL, Permission::ChangeUser, UserId(2))
        .grant_on_group(PARTIAL, Permission::ChangeGroup, GroupId(Uuid::from_u128(3)))
        .grant_on_group(PARTIAL, Permission::EnableGroupSuperuser, GroupId(Uuid::from_u128(3)))
}

fn policy(rng: &mut Rng) -> Policy {
    let policy = match rng.below(4) {
        0 => Policy::authentik_2025_2(),
        1 => Policy::hardened().without(rng.pick(Safeguard::ALL)),
        _ => Policy::hardened(),
    };
    policy.with_secret_attribute(["secret"])
}
