//! The users and groups of the measurements.

use serde_json::json;
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserType,
    model::{ExternalIds, SessionEpoch},
    store::ImportData,
};
use uuid::Uuid;

/// The number of plain groups; half of them have a parent.
pub const GROUPS: u128 = 8;

/// Returns a user with a few attributes in these groups.
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
        attributes: json!({"team": "red", "settings": {"locale": "de"}}).into(),
        external_ids: ExternalIds::new(),
        groups: groups.into_iter().collect(),
        password_change_date: Timestamp::UNIX_EPOCH,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        revision: Revision(Uuid::from_u128(id.unsigned_abs().into())),
        version: 1,
        session_epoch: SessionEpoch(Uuid::from_u128(id.unsigned_abs().into())),
    }
}

/// Returns the id of the group with this number.
pub fn group_id(number: u128) -> GroupId {
    GroupId(Uuid::from_u128((0xc7a7_d549_ab8b_427d << 64) + number))
}

/// Returns a group without parent or attributes.
pub fn group(number: u128, is_superuser: bool) -> Group {
    Group {
        id: group_id(number),
        name: format!("group {number}"),
        is_superuser,
        parent: None,
        attributes: json!({}),
        external_ids: ExternalIds::new(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// Returns this many users, each in three of [`GROUPS`] groups.
pub fn rows(users: i64) -> ImportData {
    let plain = (1..=GROUPS).map(|number| Group {
        parent: (number > GROUPS / 2).then(|| group_id(number - GROUPS / 2)),
        ..group(number, false)
    });
    ImportData {
        install_id: "bench".to_owned(),
        groups: plain.collect(),
        users: (1..=users).map(|id| user(id, true, [1, 2, 3].map(group_id))).collect(),
    }
}
