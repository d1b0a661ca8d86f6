//! Columns that are written although the change does not name them, or not written although it does.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use userbook::{
    Revision, User, UserId,
    store::{ChangeSet, CommitOutcome, Snapshot, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::Mutation;

/// Behaves like an object mapper: writes back all columns as it once read them at this revision.
#[derive(Debug, Default)]
pub(crate) struct WritesTheWholeRow {
    read: Mutex<HashMap<(UserId, Revision), User>>,
}

#[async_trait]
impl Mutation for WritesTheWholeRow {
    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(user) = facts.user.clone() {
            self.read.lock().expect("no panic").entry((user.id, user.revision)).or_insert(user);
        }
    }

    async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
        let read = self.read.lock().expect("no panic").get(&(change.user, change.expected)).cloned()?;
        change.fields.last_login.get_or_insert(read.last_login);
        store.write_password_change_date(read.id, read.password_change_date).expect("no panic");
        None
    }
}

mutations! {
    /// `last_login = COALESCE(?, last_login)`: cannot clear the column.
    CannotClear {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.fields.last_login.take_if(|moment| moment.is_none());
            None
        }
    }

    /// Omits one column in the statement.
    ForgetsAColumn {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.fields.path = None;
            None
        }
    }
}
