//! What every store holds at first, who may do what, and which rules hold.

use userbook::{
    Group, GroupId, Policy, Revision, Safeguard, StaticPermissions, User, UserId, UserType,
    authz::Permission, store::ImportData,
};
use uuid::Uuid;

use crate::{chance::Chance, json, values};

/// An active superuser at first.
pub(crate) const ROOT: UserId = UserId(1);
/// Has every permission but the one to grant superuser status.
pub(crate) const DESK: UserId = UserId(3);
/// Has permissions on some objects alone.
const PARTIAL: UserId = UserId(4);
/// May only look.
const VIEWER: UserId = UserId(5);

/// Names that differ by what databases like to fold.
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
    pub(crate) fn any(chance: &mut Chance) -> Self {
        let groups = (1..).zip(GROUPS).map(|(n, group)| self::group(chance, n, group)).collect();
        let users = (1..).zip(USERNAMES).map(|(n, username)| user(chance, n, username)).collect();
        let rows = ImportData { install_id: "differential".to_owned(), groups, users };
        Self { rows, permissions: permissions(), policy: policy(chance) }
    }
}

fn group(chance: &mut Chance, n: u128, (name, is_superuser, parent): (&str, bool, Option<u128>)) -> Group {
    Group {
        id: GroupId(Uuid::from_u128(n)),
        name: name.to_owned(),
        is_superuser,
        parent: parent.map(|parent| GroupId(Uuid::from_u128(parent))),
        attributes: storable(chance),
    }
}

/// What is stored may break rules of today.
fn user(chance: &mut Chance, id: i64, username: &str) -> User {
    let groups = chance.some(2, |chance| GroupId(Uuid::from_u128([2, 3, 4, 5][chance.below(4)])));
    let root = id == ROOT.0;
    User {
        id: UserId(id),
        uuid: values::uuid(UserId(id)),
        username: username.to_owned(),
        name: "  spaces  ".to_owned(),
        email: chance.pick(&["", "odd", "a@b.co"]).to_owned(),
        is_active: root || chance.percent(80),
        last_login: chance.maybe(50, values::moment),
        path: chance.pick(&["users", "/odd//"]).to_owned(),
        user_type: if root || chance.percent(85) { UserType::Internal } else { chance.pick(&UserType::ALL) },
        attributes: storable(chance).into(),
        groups: if root { [GroupId(Uuid::from_u128(1))].into() } else { groups.into_iter().collect() },
        password_change_date: values::moment(chance),
        revision: Revision(Uuid::from_u64_pair(chance.next(), chance.next())),
        version: chance.pick(&[0, 1, 7]),
    }
}

/// Any JSON but U+0000, which never gets as far as a store, nor what nests too deep.
fn storable(chance: &mut Chance) -> serde_json::Value {
    loop {
        let value = json::any_json(chance, 3);
        let object = serde_json::Map::from_iter([("it".to_owned(), value.clone())]);
        if userbook::field::Attributes::new(object).is_ok() {
            return value;
        }
    }
}

fn permissions() -> StaticPermissions {
    let desk = Permission::ALL.into_iter().filter(|it| *it != Permission::EnableGroupSuperuser);
    let permissions = desk.fold(StaticPermissions::none(), |all, permission| all.grant(DESK, permission));
    permissions
        .grant(VIEWER, Permission::ViewUser)
        .grant(PARTIAL, Permission::AddUser)
        .grant_on_user(PARTIAL, Permission::ViewUser, UserId(2))
        .grant_on_user(PARTIAL, Permission::ChangeUser, UserId(2))
        .grant_on_group(PARTIAL, Permission::ChangeGroup, GroupId(Uuid::from_u128(3)))
        .grant_on_group(PARTIAL, Permission::EnableGroupSuperuser, GroupId(Uuid::from_u128(3)))
}

fn policy(chance: &mut Chance) -> Policy {
    let policy = match chance.below(4) {
        0 => Policy::authentik_2025_2(),
        1 => Policy::hardened().without(chance.pick(Safeguard::ALL)),
        _ => Policy::hardened(),
    };
    policy.with_secret_attribute(["secret"])
}
