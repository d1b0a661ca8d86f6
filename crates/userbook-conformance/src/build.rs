//! Builds rows, changes and events for the cases.

use std::collections::BTreeSet;

use chrono::TimeZone;
use serde_json::json;
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserType,
    event::{Event, EventActor, EventKind, EventTarget},
    field::{Attributes, EmailAddress, Name, UserPath, Username},
    model::{ChangeId, ExternalIds, SessionEpoch},
    store::{ChangeSet, FieldChanges, Guards, ImportData, MemberChange, ProvisioningChange, ProvisioningOp},
};
use uuid::Uuid;

/// The user that most cases change.
pub(crate) const ANN: UserId = UserId(41);
/// A second user.
pub(crate) const BOB: UserId = UserId(7);
/// An id without user.
pub(crate) const UNKNOWN_USER: UserId = UserId(999);

/// A time: this many seconds after the year 2000 began, plus some microseconds.
pub(crate) fn moment(seconds: i64) -> Timestamp {
    let micros = 946_684_800_000_000 + seconds * 1_000_000 + 123_456;
    chrono::Utc.timestamp_micros(micros).single().expect("the moment is in range")
}

pub(crate) fn group_id(n: u128) -> GroupId {
    GroupId(Uuid::from_u128(0x6000_0000_0000_4000_8000_0000_0000_0000 + n))
}

pub(crate) fn group_ids(all: impl IntoIterator<Item = u128>) -> BTreeSet<GroupId> {
    all.into_iter().map(group_id).collect()
}

pub(crate) fn change_id(n: u128) -> ChangeId {
    ChangeId(Uuid::from_u128(0xC000_0000_0000_4000_8000_0000_0000_0000 + n))
}

/// A plain group without a parent.
pub(crate) fn group(n: u128) -> Group {
    Group {
        id: group_id(n),
        name: format!("group {n}"),
        is_superuser: false,
        parent: None,
        attributes: json!({ "n": n.to_string() }),
        external_ids: ExternalIds::new(),
        created_at: moment(-2000),
        updated_at: moment(-1000),
    }
}

/// Returns groups 0 to `top`, each below the next.
pub(crate) fn chain(top: u128) -> Vec<Group> {
    (0..=top).map(|n| Group { parent: (n < top).then(|| group_id(n + 1)), ..group(n) }).collect()
}

/// Returns an active user without groups, with every column filled.
pub(crate) fn user(id: UserId) -> User {
    User {
        id,
        uuid: Uuid::from_u128(0xA000_0000_0000_4000_8000_0000_0000_0000 + u128::from(id.0.unsigned_abs())),
        username: format!("user-{id}"),
        name: format!("User {id}"),
        email: format!("user-{id}@example.org"),
        is_active: true,
        last_login: Some(moment(id.0)),
        path: "users/some".to_owned(),
        user_type: UserType::External,
        attributes: json!({ "of": id.0 }).into(),
        external_ids: ExternalIds::new(),
        groups: BTreeSet::new(),
        password_change_date: moment(-id.0),
        created_at: moment(-2000 - id.0),
        updated_at: moment(-1000 - id.0),
        revision: Revision(Uuid::from_u128(
            0xE000_0000_0000_4000_8000_0000_0000_0000 + u128::from(id.0.unsigned_abs()),
        )),
        version: 5,
        session_epoch: SessionEpoch(Uuid::from_u128(
            0x5E55_0000_0000_4000_8000_0000_0000_0000 + u128::from(id.0.unsigned_abs()),
        )),
    }
}

pub(crate) fn member(id: UserId, groups: impl IntoIterator<Item = u128>) -> User {
    User { groups: group_ids(groups), ..user(id) }
}

pub(crate) fn rows(groups: impl Into<Vec<Group>>, users: impl Into<Vec<User>>) -> ImportData {
    ImportData { install_id: "install".to_owned(), groups: groups.into(), users: users.into() }
}

/// Returns change number `n` of this user: it changes revision and version, and no column.
pub(crate) fn change(user: &User, n: u128) -> ChangeSet {
    let version = user.version + 1;
    ChangeSet {
        user: user.id,
        expected: user.revision,
        change: change_id(n),
        version,
        fields: FieldChanges::default(),
        groups_added: BTreeSet::new(),
        groups_removed: BTreeSet::new(),
        guards: Guards::default(),
        event: event(EventKind::UserUpdated, EventTarget::User(user.id), version, n).into(),
    }
}

/// Returns change number `n` of this user: another display name.
pub(crate) fn rename(user: &User, n: u128) -> ChangeSet {
    ChangeSet {
        fields: FieldChanges { name: Some(name("renamed")), ..FieldChanges::default() },
        ..change(user, n)
    }
}

pub(crate) fn event(kind: EventKind, target: EventTarget, version: u64, n: u128) -> Event {
    Event {
        id: change_id(n),
        kind,
        target,
        target_uuid: Uuid::from_u128(n),
        version,
        time: moment(i64::try_from(n).unwrap_or(0)),
        actor: EventActor::System,
        impersonator: None,
        request_id: None,
        diff: [].into(),
        effects: vec![],
    }
}

/// Returns provisioning change number `n`, without guards and members.
pub(crate) fn provision(op: ProvisioningOp, n: u128) -> ProvisioningChange {
    let (kind, target, version) = match &op {
        ProvisioningOp::InsertUser(user) => {
            (EventKind::UserInserted, EventTarget::User(user.id), user.version)
        }
        ProvisioningOp::DeleteUser { user, .. } => (EventKind::UserDeleted, EventTarget::User(*user), 6),
        ProvisioningOp::PutGroup(group) => (EventKind::GroupPut, EventTarget::Group(group.id), 1),
        ProvisioningOp::DeleteGroup(group) => (EventKind::GroupDeleted, EventTarget::Group(*group), 1),
    };
    let event = event(kind, target, version, n).into();
    ProvisioningChange {
        op,
        has_reserved_id: false,
        members: Vec::new(),
        sets_external_ids: false,
        guards: Guards::default(),
        event,
    }
}

/// Returns change number `n` of a member who joins or leaves the group of a provisioning change.
pub(crate) fn member_change(user: &User, joins: bool, n: u128) -> MemberChange {
    let version = user.version + 1;
    MemberChange {
        user: user.id,
        expected: user.revision,
        change: change_id(n),
        version,
        joins,
        event: event(EventKind::UserUpdated, EventTarget::User(user.id), version, n).into(),
    }
}

/// Returns the user after the change.
pub(crate) fn changed(user: &User, change: &ChangeSet) -> User {
    let mut user = user.clone();
    change.apply_to(&mut user);
    user
}

pub(crate) fn attributes(value: &serde_json::Value) -> Attributes {
    Attributes::try_from(value.clone()).expect("the kit's attributes are valid")
}

pub(crate) fn username(text: &str) -> Username {
    Username::parse(text).expect("the kit's usernames are valid")
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("the kit's names are valid")
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("the kit's addresses are valid")
}

pub(crate) fn path(text: &str) -> UserPath {
    UserPath::parse(text).expect("the kit's paths are valid")
}
