//! External ids, stored wrongly or compared too loosely, and searches by folded names and addresses.

use userbook::{
    Violations,
    field::fold,
    model::ExternalIds,
    store::{
        ChangeSet, CommitOutcome, GroupListQuery, GroupPage, ListStore, Snapshot, SnapshotQuery, StoreError,
        UserFilter, UserListQuery, UserPage,
    },
};
use userbook_memory::MemoryStore;

use super::mutations;

/// Changes each identifier.
fn map(ids: &ExternalIds, change: impl Fn(&str) -> Option<String>) -> ExternalIds {
    ids.iter().map(|(source, identifier)| (source.clone(), identifier.and_then(&change))).collect()
}

/// Returns the users that any external source manages.
async fn all(store: &MemoryStore) -> UserPage {
    let query = UserListQuery {
        scope: userbook::store::Scope::Everything,
        filter: UserFilter::default(),
        order: Vec::new(),
        offset: 0,
        limit: u32::MAX,
        max_bytes: u64::MAX,
    };
    store.list_users(&query).await.expect("memory does not fail")
}

mutations! {
    /// Forgets the column.
    ForgetsExternalIds {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.fields.external_ids = None;
            None
        }
    }

    /// Keeps the sources only.
    ForgetsIdentifiers {
        async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
            if let Some(user) = &mut facts.user {
                user.external_ids = map(&user.external_ids, |_| None);
            }
        }
    }

    /// Has a case-insensitive unique index on identifiers.
    FoldsIdentifiers {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let ids = change.fields.external_ids.as_ref()?;
            for user in all(store).await.users.iter().filter(|user| user.id != change.user) {
                for (source, identifier) in ids.iter() {
                    let theirs = user.external_ids.identifier(source).map(str::to_lowercase);
                    if identifier.is_some() && identifier.map(str::to_lowercase) == theirs {
                        return Some(CommitOutcome::Rejected(Violations::external_id_taken(source)));
                    }
                }
            }
            None
        }
    }

    /// Has a unique index on the identifier without the source.
    ComparesIdentifiersOfAllSources {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let ids = change.fields.external_ids.as_ref()?;
            for user in all(store).await.users.iter().filter(|user| user.id != change.user) {
                for (source, identifier) in ids.iter() {
                    let has = |theirs: Option<&str>| theirs.is_some() && theirs == identifier;
                    if user.external_ids.iter().any(|(_, theirs)| has(theirs)) {
                        return Some(CommitOutcome::Rejected(Violations::external_id_taken(source)));
                    }
                }
            }
            None
        }
    }

    /// Ignores the source of a filter.
    ListsEverySource {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut wide = query.clone();
            if wide.filter.external_id.take().is_none() {
                return store.list_users(query).await;
            }
            store.list_users(&wide).await
        }
    }

    /// Has an index of further addresses that no change reaches.
    ForgetsFurtherAddresses {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.fields.further_addresses = None;
            None
        }
    }

    /// Finds the first group of a folded name by an index of names as they are.
    ComparesFoldedNamesOfGroupsExactly {
        async fn list_groups(&self, store: &MemoryStore, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
            let mut exact = query.clone();
            if let Some(name) = exact.filter.folded_name.take() {
                exact.filter.names = [name].into();
            }
            store.list_groups(&exact).await
        }
    }

    /// Compares the folded name with stored names as they are.
    ComparesFoldedNamesWithStoredOnes {
        async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
            let mut exact = query.clone();
            if let Some(name) = exact.filter.folded_name.take() {
                exact.filter.usernames = [fold(&name)].into();
            }
            store.list_users(&exact).await
        }
    }
}
