//! Usernames, compared too loosely or too strictly.

use userbook::{
    UserId, UserRef, UserStore,
    field::{EmailAddress, Username},
    store::{ChangeSet, CommitOutcome, DirectoryQuery, Snapshot, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use super::mutations;
use crate::store::directory;

/// Returns whether a user other than `user` has one of these names.
async fn any_taken(store: &MemoryStore, user: UserId, names: impl IntoIterator<Item = String>) -> bool {
    for name in names {
        let query = SnapshotQuery { username: Some(name), ..SnapshotQuery::user(user) };
        if store.load(&query).await.expect("memory does not fail").username_taken {
            return true;
        }
    }
    false
}

/// Returns the names of the kit that a case-insensitive collation considers equal to this one.
fn folded(name: &str) -> [String; 3] {
    let mut title = name.to_lowercase();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    [name.to_lowercase(), name.to_uppercase(), title]
}

fn target(query: &SnapshotQuery) -> UserId {
    match query.target {
        Some(UserRef::Id(id)) => id,
        _ => UserId(0),
    }
}

/// Returns whether any user has the name.
async fn any_has(store: &MemoryStore, name: &str) -> bool {
    let query = DirectoryQuery { username: Some(name.to_owned()), ..DirectoryQuery::default() };
    directory(store, &query).await.username_taken
}

mutations! {
    /// Compares names case-insensitively in a load.
    FoldsCaseInLoad {
        async fn after_load(&self, store: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let names = query.username.as_deref().map(folded);
            facts.username_taken |= any_taken(store, target(query), names.into_iter().flatten()).await;
        }
    }

    /// Stores addresses in lower case, as a `citext` column does not, but many applications do.
    LowersAddresses {
        async fn before_commit(&self, _store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let lower = change.fields.email.as_ref().map(|email| email.as_str().to_lowercase());
            change.fields.email = lower.map(|email| EmailAddress::parse(&email).expect("it is an address"));
            None
        }
    }

    /// Has a unique index on addresses.
    SharesNoAddress {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let email = change.fields.email.as_ref()?.as_str().to_owned();
            let query = SnapshotQuery { email: Some(email).filter(|it| !it.is_empty()), ..SnapshotQuery::user(change.user) };
            let facts = store.load(&query).await.expect("memory does not fail");
            facts.email_taken.then_some(CommitOutcome::Conflict)
        }
    }

    /// Has a case-insensitive unique index.
    FoldsCaseInCommit {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let names = folded(change.fields.username.as_ref().map(Username::as_str)?);
            any_taken(store, change.user, names).await.then_some(CommitOutcome::Conflict)
        }
    }

    /// Ignores trailing blanks, like `CHAR` columns.
    IgnoresBlanksAtTheEnd {
        async fn after_load(&self, store: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let name = query.username.as_deref().map(|name| name.trim_end().to_owned());
            facts.username_taken |= any_taken(store, target(query), name).await;
        }
    }

    /// Counts the user's own name as taken.
    ConflictsWithOwnName {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            let name = change.fields.username.as_ref()?.as_str();
            any_has(store, name).await.then_some(CommitOutcome::Conflict)
        }
    }

    /// Ignores violations of the unique index.
    SwallowsTheNameClash {
        async fn after_commit(&self, _: &MemoryStore, _: &ChangeSet, outcome: &mut CommitOutcome) {
            if *outcome == CommitOutcome::Conflict {
                *outcome = CommitOutcome::Applied;
            }
        }
    }
}
