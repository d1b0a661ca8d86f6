//! Raw rows, for seeding an empty store.

use std::fmt::Debug;

use async_trait::async_trait;

use super::StoreError;
use crate::{Group, User};

/// The whole content of a directory, as it shall be stored: no rule is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportData {
    /// What [`uid`](crate::uid()) mixes in, authentik's install id.
    pub install_id: String,
    /// All groups; a parent may come after its children.
    pub groups: Vec<Group>,
    /// All users with their memberships.
    pub users: Vec<User>,
}

/// How an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// All of it is there.
    Imported,
    /// The store held users or groups already; nothing was written.
    NotEmpty,
}

/// A store that can be seeded while it is empty.
#[async_trait]
pub trait ImportStore: Debug + Send + Sync + 'static {
    /// Writes all rows in one step if there are no users and no groups yet. No rule is asked and no event is
    /// written; the next inserted user gets an id above all of these.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails, also for rows that it cannot keep (two users of one name).
    async fn import(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError>;

    /// The install id, once one was imported.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn install_id(&self) -> Result<Option<String>, StoreError>;
}
