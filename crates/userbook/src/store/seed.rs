//! The import of raw rows into an empty store.

use std::{collections::BTreeSet, fmt::Debug};

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use super::StoreError;
use crate::{
    clock::ChangeIds,
    json::JsonObject,
    model::{ExternalIds, Group, Revision, SessionEpoch, Timestamp, User, UserId, UserType},
};

/// The complete content of a directory, stored unchanged: no rule applies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportData {
    /// The installation id, authentik's `install_id`: part of every `uid`.
    pub install_id: String,
    /// All groups; a parent may follow its children.
    pub groups: Vec<Group>,
    /// All users with their memberships.
    pub users: Vec<User>,
}

impl User {
    /// Returns a user of another system, to be imported: active, internal, in the folder `users`, without groups, address,
    /// display name and logins. The version is 0, because no event describes the user. Revision and session epoch are new
    /// (pass [`RandomIds`](crate::clock::RandomIds)), so that no session of another system is valid.
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

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// All rows are stored.
    Imported,
    /// The store has users or groups already; nothing was written.
    NotEmpty,
}

/// A store that can import rows while it is empty.
#[async_trait]
pub trait ImportStore: Debug + Send + Sync + 'static {
    /// Writes all rows in one step if the store has neither users nor groups. No rule applies and no event is written;
    /// the next inserted user gets a higher id. The counters of group writes and of superusers are incremented, so that
    /// no decision about the empty store is committed afterwards.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails, also for rows that it cannot store (two users with one name).
    async fn import(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError>;

    /// Returns the installation id, if one was imported.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn install_id(&self) -> Result<Option<String>, StoreError>;
}
