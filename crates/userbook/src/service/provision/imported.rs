//! Users and groups of another system, to be imported.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use crate::{
    clock::ChangeIds,
    json::JsonObject,
    model::{ExternalIds, Group, GroupId, Revision, SessionEpoch, Timestamp, User, UserId, UserType},
};

impl Group {
    /// Returns a group of another system, for [`ImportStore::import`](crate::store::ImportStore::import): without a
    /// parent, attributes and rights of superusers.
    ///
    /// ```
    /// use userbook::{Group, GroupId, model::Timestamp};
    /// use uuid::Uuid;
    ///
    /// let (id, since) = (GroupId(Uuid::from_u128(1)), Timestamp::UNIX_EPOCH);
    /// let admins = Group { is_superuser: true, ..Group::imported(id, "admins", since) };
    /// assert_eq!((admins.name.as_str(), admins.updated_at), ("admins", since));
    /// ```
    pub fn imported(id: GroupId, name: impl Into<String>, created_at: Timestamp) -> Self {
        Self {
            id,
            name: name.into(),
            is_superuser: false,
            parent: None,
            attributes: Value::Object(JsonObject::new()),
            external_ids: ExternalIds::new(),
            created_at,
            updated_at: created_at,
        }
    }
}

impl User {
    /// Returns a user of another system, for [`ImportStore::import`](crate::store::ImportStore::import). The user is
    /// active, internal, in the folder `users`, without groups, address, display name and logins. The version is 0,
    /// because no event describes the user. Revision and session epoch are new (pass
    /// [`RandomIds`](crate::clock::RandomIds)), so that no session of another system is valid.
    ///
    /// ```
    /// use userbook::{User, UserId, clock::RandomIds, model::Timestamp};
    /// use uuid::Uuid;
    ///
    /// let (key, since) = (Uuid::from_u128(0xada), Timestamp::UNIX_EPOCH);
    /// let ada = User {
    ///     name: "Ada Lovelace".into(),
    ///     email: "ada@example.org".into(),
    ///     ..User::imported(UserId(1), key, "ada", since, &RandomIds)
    /// };
    /// assert_eq!((ada.version, ada.created_at, ada.password_change_date), (0, since, since));
    /// ```
    pub fn imported(
        id: UserId,
        uuid: Uuid,
        username: impl Into<String>,
        created_at: Timestamp,
        ids: &impl ChangeIds,
    ) -> Self {
        Self {
            id,
            uuid,
            username: username.into(),
            name: String::new(),
            email: String::new(),
            is_active: true,
            last_login: None,
            path: "users".to_owned(),
            user_type: UserType::Internal,
            attributes: Value::Object(JsonObject::new()).into(),
            external_ids: ExternalIds::new(),
            groups: BTreeSet::new(),
            password_change_date: created_at,
            created_at,
            updated_at: created_at,
            revision: Revision::from(ids.next_change()),
            version: 0,
            session_epoch: SessionEpoch::from(ids.next_change()),
        }
    }
}
