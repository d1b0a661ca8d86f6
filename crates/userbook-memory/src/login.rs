//! What a host writes behind an update's back.

use std::sync::Arc;

use userbook::{Timestamp, User, UserId, store::StoreError};

use crate::MemoryStore;

impl MemoryStore {
    /// Notes a login, as the host that embeds Userbook does it: the row's revision stays, else each login would
    /// break open `ETag`s. Tells whether there is such a user.
    ///
    /// # Errors
    /// If the store is [poisoned](crate::MemoryError::Poisoned).
    pub fn record_login(&self, user: UserId, time: Timestamp) -> Result<bool, StoreError> {
        self.write(user, |user| user.last_login = Some(time))
    }

    /// Notes a change of password; the row's revision stays. Tells whether there is such a user.
    ///
    /// # Errors
    /// If the store is [poisoned](crate::MemoryError::Poisoned).
    pub fn record_password_change(&self, user: UserId, time: Timestamp) -> Result<bool, StoreError> {
        self.write(user, |user| user.password_change_date = time)
    }

    fn write(&self, user: UserId, write: impl FnOnce(&mut User)) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let row = state.users.get_mut(&user);
        Ok(row.map(Arc::make_mut).map(write).is_some())
    }
}
