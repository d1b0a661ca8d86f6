//! The directory of these tests.

use userbook::{
    Actor, Group, GroupId, Revision, User, UserId, UserUpdate,
    store::{ImportData, ImportStore},
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

pub(crate) const ADMINS: GroupId = GroupId(Uuid::from_u128(1));
pub(crate) const STAFF: GroupId = GroupId(Uuid::from_u128(2));
/// A superuser.
pub(crate) const ROOT: UserId = UserId(1);
/// Another superuser.
pub(crate) const BOB: UserId = UserId(2);
/// An ordinary user.
pub(crate) const ADA: UserId = UserId(3);
pub(crate) const ANONYMOUS: UserId = UserId(4);
pub(crate) const UNKNOWN: UserId = UserId(99);

pub(crate) fn revision(id: UserId) -> Revision {
    Revision(Uuid::from_u128(u128::try_from(id.0).unwrap()))
}

pub(crate) fn user(id: UserId, username: &str, groups: &[GroupId]) -> User {
    User {
        id,
        uuid: Uuid::from_u128(u128::try_from(id.0).unwrap()),
        username: username.into(),
        name: String::new(),
        email: String::new(),
        groups: groups.iter().copied().collect(),
        revision: revision(id),
        version: 0,
        ..User::example()
    }
}

pub(crate) async fn directory() -> MemoryStore {
    let group = |id, name: &str, is_superuser| Group {
        id,
        name: name.into(),
        is_superuser,
        parent: None,
        attributes: serde_json::json!({}),
        ..Group::example()
    };
    let rows = ImportData {
        install_id: "i".into(),
        groups: vec![group(ADMINS, "admins", true), group(STAFF, "staff", false)],
        users: vec![
            user(ROOT, "root", &[ADMINS]),
            user(BOB, "bob", &[ADMINS]),
            user(ADA, "ada", &[STAFF]),
            user(ANONYMOUS, userbook::model::ANONYMOUS_USERNAME, &[]),
        ],
    };
    let store = MemoryStore::new();
    store.import(&rows).await.unwrap();
    store
}

pub(crate) fn root() -> Actor {
    Actor::user(ROOT)
}

pub(crate) fn name(text: &str) -> UserUpdate {
    UserUpdate::patch().name(text)
}
