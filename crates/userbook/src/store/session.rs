//! The port for logins and sessions.

use std::fmt::Debug;

use async_trait::async_trait;

use super::StoreError;
use crate::model::{SessionEpoch, Timestamp, UserRef};

/// A store that records logins, and answers which sessions are valid.
///
/// # Laws
/// - A recorded login writes [`User::last_login`](crate::User::last_login) and nothing else: no revision, no version,
///   no other date, no event. A login therefore keeps entity tags, and never conflicts with an update.
/// - [`session_epoch`](Self::session_epoch) returns what the last commit wrote.
#[async_trait]
pub trait SessionStore: Debug + Send + Sync + 'static {
    /// Records a login at this time. Returns whether the user exists.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn record_login(&self, user: UserRef, time: Timestamp) -> Result<bool, StoreError>;

    /// Returns the session epoch of an active user. `None` means that no session is valid: the user is inactive or does
    /// not exist.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn session_epoch(&self, user: UserRef) -> Result<Option<SessionEpoch>, StoreError>;
}
