//! What the benchmarks share: users and groups to work on.

use serde_json::json;
use userbook::{Group, GroupId, Revision, Timestamp, User, UserId, UserType};
use uuid::Uuid;

/// A user with a few attributes, in these groups.
pub fn user(id: i64, is_active: bool, groups: impl IntoIterator<Item = GroupId>) -> User {
    User {
        id: UserId(id),
        uuid: Uuid::from_u128(id.unsigned_abs().into()),
        username: format!("user{id}"),
        name: format!("User Number {id}"),
        email: format!("user{id}@example.com"),
        is_active,
        last_login: None,
        path: "users/staff".to_owned(),
        user_type: UserType::Internal,
        attributes: json!({"team": "red", "settings": {"locale": "de"}}),
        groups: groups.into_iter().collect(),
        password_change_date: Timestamp::UNIX_EPOCH,
        revision: Revision(Uuid::from_u128(id.unsigned_abs().into())),
        version: 1,
    }
}

/// The group with this number.
pub fn group_id(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(number))
}

/// A group without parent or attributes.
pub fn group(number: u128, is_superuser: bool) -> Group {
    Group {
        id: group_id(number),
        name: format!("group {number}"),
        is_superuser,
        parent: None,
        attributes: json!({}),
    }
}
