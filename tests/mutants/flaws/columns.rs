//! Columns that are written although the change does not name them, or not although the change does.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use userbook::{
    Revision, User, UserId,
    store::{ChangeSet, CommitOutcome, Snapshot, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::flaws;
use crate::store::Flaw;

/// An object mapper: what it has once read at a revision it writes back, all columns of it.
#[derive(Debug, Default)]
pub(crate) struct WritesTheWholeRow {
    read: Mutex<HashMap<(UserId, Revision), User>>,
}

#[async_trait]
impl Flaw for WritesTheWholeRow {
    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(user) = facts.user.clone() {
            self.read.lock().expect("no panic").entry((user.id, user.revision)).or_insert(user);
        }
    }

    async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
        let read = self.read.lock().expect("no panic").get(&(change.user, change.expected)).cloned()?;
        change.fields.last_login.get_or_insert(read.last_login);
        store.record_password_change(read.id, read.password_change_date).expect("no panic");
        None
    }
}

flaws! {
    /// `last_login = COALESCE(?, last_login)`: what is cleared stays.
    CannotClear {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.fields.last_login.take_if(|moment| moment.is_none());
            None
        }
    }

    /// One column was forgotten in the statement.
    ForgetsAColumn {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.fields.path = None;
            None
        }
    }
}
