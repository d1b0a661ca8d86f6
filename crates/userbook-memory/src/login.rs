//! Logins, sessions, and writes of the host that bypass updates.

use std::sync::Arc;

use userbook::{
    Timestamp, User, UserId, UserRef,
    model::SessionEpoch,
    store::{SessionStore, StoreError},
};

use crate::MemoryStore;

impl MemoryStore {
    /// Writes the date of a password change alone, as a statement of a host could: the revision stays, and no session
    /// ends. Returns whether the user exists.
    ///
    /// # Errors
    /// Fails if the store is [poisoned](crate::MemoryError::Poisoned).
    pub fn write_password_change_date(&self, user: UserId, time: Timestamp) -> Result<bool, StoreError> {
        self.write(user.into(), |user| user.password_change_date = time)
    }

    fn write(&self, user: UserRef, write: impl FnOnce(&mut User)) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let Some(id) = state.user(user).map(|user| user.id) else { return Ok(false) };
        let row = state.users.get_mut(&id);
        Ok(row.map(Arc::make_mut).map(write).is_some())
    }
}

#[async_trait::async_trait]
impl SessionStore for MemoryStore {
    async fn record_login(&self, user: UserRef, time: Timestamp) -> Result<bool, StoreError> {
        self.write(user, |user| user.last_login = Some(time))
    }

    async fn session_epoch(&self, user: UserRef) -> Result<Option<SessionEpoch>, StoreError> {
        let state = self.state()?;
        Ok(state.user(user).filter(|user| user.is_active).map(|user| user.session_epoch))
    }
}
