//! The users that the clients change: administrators, who also deactivate each other, and plain users.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use userbook::{Group, GroupId, User, UserId, store::ImportData};
use uuid::Uuid;

use crate::rows::user;

/// The administrators, each with a token.
pub(super) const ADMINS: std::ops::RangeInclusive<i64> = 1..=4;
/// The plain users.
pub(super) const PEOPLE: std::ops::RangeInclusive<i64> = 101..=106;

/// The group of superusers, and two plain groups.
pub(super) const GROUPS: [&str; 3] = [
    "d17ed75c-6f5f-590b-931a-88437a26945d",
    "0b8a0f0c-6d2d-4c39-9d6b-1f0a8f6d9a01",
    "0b8a0f0c-6d2d-4c39-9d6b-1f0a8f6d9a02",
];

/// Returns the token of an administrator.
pub(super) fn key(admin: i64) -> String {
    format!("a-key-of-{admin}")
}

/// Returns all user ids.
pub(super) fn users() -> Vec<UserId> {
    ADMINS.chain(PEOPLE).map(UserId).collect()
}

/// Returns the groups that grant superuser status.
pub(super) fn superuser_groups() -> BTreeSet<GroupId> {
    GROUPS.iter().take(1).filter_map(|group| Uuid::parse_str(group).ok()).map(GroupId).collect()
}

/// Returns the rows of the seed file.
pub(super) fn rows() -> ImportData {
    let uuid = |text: &str| GroupId(Uuid::parse_str(text).expect("it is a UUID"));
    let group = |(n, pk): (usize, &&str)| Group {
        id: uuid(pk),
        name: format!("group{n}"),
        is_superuser: n == 0,
        parent: None,
        attributes: json!({}),
        ..Group::example()
    };
    let member = |id| User { groups: superuser_groups(), ..user(id) };
    ImportData {
        groups: GROUPS.iter().enumerate().map(group).collect(),
        users: ADMINS.map(member).chain(PEOPLE.map(user)).collect(),
        ..ImportData::default()
    }
}

/// Returns the seed file of the reference server.
pub(super) fn seed() -> Value {
    let user = |pk: i64, groups: &[&str]| {
        json!({
            "pk": pk, "uuid": Uuid::from_u128(pk.unsigned_abs().into()), "username": format!("user{pk}"),
            "name": "", "email": "", "is_active": true, "last_login": null, "path": "users",
            "type": "internal", "attributes": {}, "groups": groups,
            "password_change_date": "2024-05-06T07:08:09Z",
        })
    };
    let admins = ADMINS.map(|pk| user(pk, &GROUPS[..1]));
    let people = PEOPLE.map(|pk| user(pk, &[]));
    let token =
        |pk: i64| json!({"key": key(pk), "intent": "api", "expiring": false, "expires": null, "user_pk": pk});
    let group = |(n, pk): (usize, &&str)| json!({"pk": pk, "name": format!("group{n}"), "is_superuser": n == 0, "parent": null, "attributes": {}});
    json!({
        "install_id": "888ac2bb-5169-4b08-a5b5-13e1f0a1f7d7",
        "groups": GROUPS.iter().enumerate().map(group).collect::<Vec<_>>(),
        "users": admins.chain(people).collect::<Vec<_>>(),
        "tokens": ADMINS.map(token).collect::<Vec<_>>(),
        "permissions": [], "object_permissions": [],
    })
}
