//! Rows and changes for tests of single stores.

use serde_json::json;
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserType,
    event::{Event, EventActor, EventKind, EventTarget},
    field::Name,
    model::ChangeId,
    store::{ChangeSet, FieldChanges, Guards, ImportData, OutboxLimit},
};
use userbook_conformance::Harness;
use uuid::Uuid;

/// Nine events of any size.
pub const NINE: OutboxLimit = OutboxLimit { events: 9, bytes: u64::MAX };

/// Users 1 to 3 and groups 1 to 3; user 2 is a member of group 1.
pub async fn prepared<H: Harness>() -> H {
    H::with(&prepared_rows()).await
}

/// The rows of [`prepared`].
pub fn prepared_rows() -> ImportData {
    let users = vec![user(1), User { groups: [group(1).id].into(), ..user(2) }, user(3)];
    let groups = (1..=3).map(group).collect();
    ImportData { groups, users, ..ImportData::default() }
}

/// A user without groups.
pub fn user(id: i64) -> User {
    User {
        id: UserId(id),
        uuid: Uuid::from_u128(id.unsigned_abs().into()),
        username: format!("user {id}"),
        name: "Original".to_owned(),
        email: String::new(),
        is_active: true,
        last_login: None,
        path: "users".to_owned(),
        user_type: UserType::Internal,
        attributes: json!({}).into(),
        groups: [].into(),
        password_change_date: Timestamp::UNIX_EPOCH,
        revision: Revision(Uuid::from_u128(1)),
        version: 0,
        ..User::example()
    }
}

/// A plain group.
pub fn group(n: u128) -> Group {
    Group {
        id: GroupId(Uuid::from_u128(n)),
        name: format!("group {n}"),
        is_superuser: false,
        parent: None,
        attributes: json!({}),
        ..Group::example()
    }
}

/// Change number `n` of this user, to another name.
pub fn rename(user: &User, n: u128) -> ChangeSet {
    let id = ChangeId(Uuid::from_u128(1000 + n));
    ChangeSet {
        user: user.id,
        expected: user.revision,
        change: id,
        version: user.version + 1,
        fields: FieldChanges {
            name: Some(Name::parse("renamed").expect("it is a name")),
            ..FieldChanges::default()
        },
        groups_added: [].into(),
        groups_removed: [].into(),
        guards: Guards::default(),
        event: Event {
            id,
            kind: EventKind::UserUpdated,
            target: EventTarget::User(user.id),
            target_uuid: user.uuid,
            version: user.version + 1,
            time: Timestamp::UNIX_EPOCH,
            actor: EventActor::System,
            impersonator: None,
            request_id: None,
            diff: [].into(),
            effects: vec![],
        }
        .into(),
    }
}
