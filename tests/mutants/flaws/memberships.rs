//! Memberships, written wrongly.

use userbook::store::{ChangeSet, CommitOutcome};
use userbook_memory::MemoryStore;

use super::flaws;
use crate::store::{directory, row};

flaws! {
    /// Joins, never leaves.
    DropsRemovals {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.groups_removed.clear();
            None
        }
    }

    /// Leaves, never joins.
    DropsAdditions {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.groups_added.clear();
            None
        }
    }

    /// Takes what is to be joined for the whole list.
    ReplacesMemberships {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let all = row(store, change.user).await?.groups;
            if !change.groups_added.is_empty() {
                change.groups_removed = &all - &change.groups_added;
            }
            None
        }
    }

    /// Binds as many groups as one statement takes.
    CutsManyGroups {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.groups_added = change.groups_added.iter().take(9999).copied().collect();
            None
        }
    }

    /// `INSERT … SELECT` of the groups that exist: the others are passed over.
    PassesOverMissingGroups {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let query = userbook::store::DirectoryQuery { groups: change.groups_added.clone(), ..Default::default() };
            let known = directory(store, &query).await;
            change.groups_added.retain(|group| known.groups.contains(*group));
            None
        }
    }
}
