//! The import of raw rows into an empty store.

use std::fmt::Debug;

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Group, User};

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

/// The result of an import.
///
/// Exhaustive: a caller must not take an unknown outcome for an import.
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
