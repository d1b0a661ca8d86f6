//! A user as it is stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{GroupId, Revision, Timestamp, UserId, UserType};
use crate::json::SharedJson;

/// The user name that authentik keeps for "nobody". It is never shown and never updated.
pub const ANONYMOUS_USERNAME: &str = "AnonymousUser";

/// A user as it is stored: plain values, whatever rule they may break today.
///
/// Superuser status is derived from groups and never stored: see
/// [`GroupGraph::grants_superuser`](super::GroupGraph::grants_superuser).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Primary key, authentik's `pk`.
    pub id: UserId,
    /// The stable identifier that other systems are given.
    pub uuid: Uuid,
    /// Login name; unique, compared byte for byte.
    pub username: String,
    /// Display name, possibly empty.
    pub name: String,
    /// E-mail address, possibly empty; not unique.
    pub email: String,
    /// Whether the user may log in.
    pub is_active: bool,
    /// When the user last logged in.
    pub last_login: Option<Timestamp>,
    /// Where the user stands in the tree of folders, segments joined by `/`.
    pub path: String,
    /// What kind of user this is.
    pub user_type: UserType,
    /// Free attributes. What is let in is a JSON object; what is stored may be any JSON.
    pub attributes: SharedJson,
    /// The groups the user is a direct member of.
    pub groups: BTreeSet<GroupId>,
    /// When the password was last changed.
    pub password_change_date: Timestamp,
    /// The state of this row.
    pub revision: Revision,
    /// How many changes this row has seen; orders the user's events.
    pub version: u64,
}

impl User {
    /// A user with plausible values, for tests and examples.
    ///
    /// ```
    /// use userbook::{User, UserId};
    /// let user = User { id: UserId(7), email: "ada@example.org".into(), ..User::example() };
    /// assert_eq!(user.username, "ada");
    /// ```
    pub fn example() -> Self {
        Self {
            id: UserId(1),
            uuid: Uuid::from_u128(0x0ada),
            username: "ada".into(),
            name: "Ada".into(),
            email: "ada@example.com".into(),
            is_active: true,
            last_login: None,
            path: "users".into(),
            user_type: UserType::Internal,
            attributes: serde_json::json!({}).into(),
            groups: BTreeSet::new(),
            password_change_date: Timestamp::UNIX_EPOCH,
            revision: Revision(Uuid::from_u128(0x0ada)),
            version: 1,
        }
    }
}
