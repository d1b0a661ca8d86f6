//! Claims that are not written, not compared, or compared too strictly.

use userbook::{
    UserStore,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, DistinctNames, ProvisioningChange,
        Snapshot, SnapshotQuery,
    },
};
use userbook_memory::MemoryStore;

use super::mutations;

/// Returns whether another user has the new username or address of a change, or one that folds alike.
async fn is_similar(store: &MemoryStore, change: &ChangeSet) -> bool {
    let query = SnapshotQuery {
        login: change.fields.username.as_ref().map(ToString::to_string),
        email: change.fields.email.as_ref().map(ToString::to_string),
        ..SnapshotQuery::user(change.user)
    };
    let facts = store.load(&query).await.expect("memory does not fail");
    facts.login_taken || facts.email_taken
}

mutations! {
    /// Compares new usernames with stored ones byte for byte.
    FoldsNothing {
        async fn after_load(&self, store: &MemoryStore, query: &SnapshotQuery, facts: &mut Snapshot) {
            let exact = SnapshotQuery { username: query.login.clone(), ..query.clone() };
            facts.login_taken = store.load(&exact).await.expect("memory does not fail").username_taken;
        }
    }

    /// Has no unique index over claims.
    IgnoresClaims {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.guards.distinct = DistinctNames::default();
            None
        }
    }

    /// Claims usernames, but no addresses.
    ClaimsUsernamesAlone {
        async fn before_commit(&self, _: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            change.guards.distinct.email = false;
            None
        }
    }

    /// Has a unique index over all folded names.
    AllowsNoTwins {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            is_similar(store, change).await.then_some(CommitOutcome::Conflict)
        }
    }

    /// Looks for a similar name, and writes later.
    ChecksClaimsThenWrites {
        async fn before_commit(&self, store: &MemoryStore, change: &mut ChangeSet) -> Option<CommitOutcome> {
            if is_similar(store, change).await {
                return Some(CommitOutcome::Conflict);
            }
            change.guards.distinct = DistinctNames::default();
            crate::store::pause().await;
            None
        }
    }

    /// Writes no claims of new users.
    InsertsUnclaimed {
        async fn before_provision(&self, _: &MemoryStore, change: &mut ProvisioningChange) {
            change.guards.distinct = DistinctNames::default();
        }
    }

    /// Finds no names of users for an insertion.
    ForgetsAddresses {
        async fn after_load_directory(&self, _: &MemoryStore, _: &DirectoryQuery, facts: &mut DirectorySnapshot) {
            facts.email_taken = false;
        }
    }
}
