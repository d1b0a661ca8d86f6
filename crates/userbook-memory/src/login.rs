//! Writes of the host that bypass updates.

use std::sync::Arc;

use userbook::{Timestamp, User, UserId, store::StoreError};

use crate::MemoryStore;

impl MemoryStore {
    /// Records a login as a host does. The row's revision stays, so that a login does not invalidate entity tags.
    /// Returns whether the user exists.
    ///
    /// # Errors
    /// Fails if the store is [poisoned](crate::MemoryError::Poisoned).
    pub fn record_login(&self, user: UserId, time: Timestamp) -> Result<bool, StoreError> {
        self.write(user, |user| user.last_login = Some(time))
    }

    /// Records a change of password; the row's revision stays. Returns whether the user exists.
    ///
    /// # Errors
    /// Fails if the store is [poisoned](crate::MemoryError::Poisoned).
    pub fn record_password_change(&self, user: UserId, time: Timestamp) -> Result<bool, StoreError> {
        self.write(user, |user| user.password_change_date = time)
    }

    fn write(&self, user: UserId, write: impl FnOnce(&mut User)) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let row = state.users.get_mut(&user);
        Ok(row.map(Arc::make_mut).map(write).is_some())
    }
}
