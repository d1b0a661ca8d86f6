//! Memberships, written wrongly.

use userbook::store::{ChangeSet, CommitOutcome};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::{directory, row};

mutations! {
    /// Adds memberships and never removes any.
    DropsRemovals {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.groups_removed.clear();
            None
        }
    }

    /// Removes memberships and never adds any.
    DropsAdditions {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.groups_added.clear();
            None
        }
    }

    /// Uses the added groups as the complete list.
    ReplacesMemberships {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let all = row(store, change.user).await?.groups;
            if !change.groups_added.is_empty() {
                change.groups_removed = &all - &change.groups_added;
            }
            None
        }
    }

    /// Binds only as many groups as one statement accepts.
    CutsManyGroups {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.groups_added = change.groups_added.iter().take(9999).copied().collect();
            None
        }
    }

    /// `INSERT … SELECT` of the existing groups: skips missing groups silently.
    PassesOverMissingGroups {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let query = userbook::store::DirectoryQuery { groups: change.groups_added.clone(), ..Default::default() };
            let known = directory(store, &query).await;
            change.groups_added.retain(|group| known.groups.contains(*group));
            None
        }
    }
}
