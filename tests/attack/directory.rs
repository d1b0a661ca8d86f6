//! The directory that the attacks meet.

use serde_json::{Value, json};
use userbook::{Group, GroupId, User, store::ImportData};
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
/// An ordinary user.
pub(crate) const BOB: i64 = 9;
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
/// Views every group.
pub(crate) const GROUP_VIEWER: i64 = 16;
/// A service account that is superuser.
pub(crate) const ROBOT: i64 = 17;
/// An internal service account.
pub(crate) const OUTPOST: i64 = 18;
/// Has no right at all.
pub(crate) const NO_RIGHTS: i64 = 19;
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

/// No group.
pub(crate) const NO_GROUP: u128 = 0xffff;

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
    (BOB, "bob", &[STAFF]),
    (HIDDEN, "hidden", &[SECRET]),
    (GRANTER, "granter", &[]),
    (JOINER, "joiner", &[]),
    (REMOVER, "remover", &[]),
    (VIEWER, "viewer", &[]),
    (SELF_ONLY, "selfonly", &[]),
    (GROUP_VIEWER, "grpview", &[]),
    (ROBOT, "robot", &[ADMINS]),
    (OUTPOST, "outpost", &[]),
    (NO_RIGHTS, "nobodyatall", &[]),
    (ONLY_ONE, "onlyone", &[]),
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
        "password_change_date": "2025-01-01T00:00:00Z",
            "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
            "session_epoch": "00000000-0000-4000-8000-000000005e55", "revision": Uuid::from_u128(0x1000), "version": 1,
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
        ..Group::example()
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
