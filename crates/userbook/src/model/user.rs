//! A stored user.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ExternalIds, GroupId, Revision, SessionEpoch, Timestamp, UserId, UserType};
use crate::json::SharedJson;

/// The username of authentik's anonymous user. This user is never shown and never updated.
pub const ANONYMOUS_USERNAME: &str = "AnonymousUser";

/// A stored user: plain values, which may violate current rules.
///
/// Superuser status is derived from groups and never stored: see
/// [`GroupGraph::grants_superuser`](super::GroupGraph::grants_superuser).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Primary key, authentik's `pk`.
    pub id: UserId,
    /// The stable identifier for other systems.
    pub uuid: Uuid,
    /// Login name; unique, compared byte for byte.
    pub username: String,
    /// Display name, possibly empty.
    pub name: String,
    /// E-mail address, possibly empty; unique only under
    /// [`Policy::with_unique_email`](crate::Policy::with_unique_email).
    pub email: String,
    /// Whether the user may log in.
    pub is_active: bool,
    /// The time of the last login.
    pub last_login: Option<Timestamp>,
    /// The folder in the tree of users, segments separated by `/`.
    pub path: String,
    /// The kind of user.
    pub user_type: UserType,
    /// Free attributes. New values are JSON objects; stored values may be any JSON.
    pub attributes: SharedJson,
    /// The external sources that manage the user.
    #[serde(default, skip_serializing_if = "ExternalIds::is_empty")]
    pub external_ids: ExternalIds,
    /// The direct groups of the user.
    pub groups: BTreeSet<GroupId>,
    /// The time of the last change of the password.
    pub password_change_date: Timestamp,
    /// The time at which the user was created.
    pub created_at: Timestamp,
    /// The time of the last applied change: the time of its event. A recorded login is not a change.
    pub updated_at: Timestamp,
    /// The state of this row.
    pub revision: Revision,
    /// The number of changes of this row; orders the user's events.
    pub version: u64,
    /// Changes whenever the user's sessions end.
    pub session_epoch: SessionEpoch,
}

/// Returns whether a path is `ancestor` or below it, by whole segments.
///
/// ```
/// use userbook::model::is_at_or_below;
/// assert!(is_at_or_below("staff/eu", "staff/eu") && is_at_or_below("staff/eu/berlin", "staff/eu"));
/// assert!(!is_at_or_below("staff/europe", "staff/eu") && !is_at_or_below("staff", "staff/eu"));
/// assert!(!is_at_or_below("staff", ""), "the empty path has no descendants");
/// ```
pub fn is_at_or_below(path: &str, ancestor: &str) -> bool {
    let below = path.strip_prefix(ancestor).filter(|_| !ancestor.is_empty() || path.is_empty());
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl User {
    /// Returns a user with plausible values, for tests and examples.
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
            external_ids: ExternalIds::new(),
            groups: BTreeSet::new(),
            password_change_date: Timestamp::UNIX_EPOCH,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            revision: Revision(Uuid::from_u128(0x0ada)),
            version: 1,
            session_epoch: SessionEpoch(Uuid::from_u128(0x5e55)),
        }
    }
}
