//! Creates and deletes users and groups.

mod delete_user;
mod group;
mod group_outlook;
mod group_plan;
mod imported;
mod insert_user;
mod new_group;
mod service_account;
mod update_group;
mod written_group;

pub use delete_user::{AuthorizedDeletion, DeleteUser, DeleteUserCall};
pub use group::{GroupUpdated, WriteGroup, WriteGroupCall};
pub use insert_user::{AuthorizedInsertion, InsertUser, InsertUserCall, NewUser};
pub use new_group::NewGroup;
pub use service_account::AuthorizedServiceAccount;
pub use update_group::{AuthorizedGroupDeletion, AuthorizedGroupWrite, UpdateGroup, UpdateGroupCall};

use super::{UserService, operation::Plan};
use crate::store::{
    CommitOutcome, DirectorySnapshot, Epochs, Guards, ProvisioningChange, ProvisioningOp, ProvisioningStore,
    Snapshot, StoreError,
};

async fn write<S: ProvisioningStore, A>(
    service: &UserService<S, A>,
    change: &ProvisioningChange,
) -> Result<CommitOutcome, StoreError> {
    service.store.provision(change).await
}

/// Returns whether the first load after a commit without an answer resolves the doubt. Counters only grow, and
/// revisions never return, so a change that depends on a past value is never applied.
fn settle<O>(
    in_doubt: Option<&ProvisioningChange>,
    change_committed: bool,
    is_past: impl FnOnce(&ProvisioningChange) -> bool,
) -> Option<Plan<O, ProvisioningChange>> {
    let change = in_doubt?;
    if change_committed {
        return Some(Plan::Committed);
    }
    is_past(change).then_some(Plan::NotCommitted)
}

/// Returns the same for a load of the directory.
fn settle_directory<O>(
    in_doubt: Option<&ProvisioningChange>,
    directory: &DirectorySnapshot,
) -> Option<Plan<O, ProvisioningChange>> {
    settle(in_doubt, directory.change_committed, |change| match &change.op {
        // A reserved id never depends on the counter. An insertion that arrives late and a later attempt have the same
        // id and UUID, so that one of them is applied.
        ProvisioningOp::InsertUser(user) => {
            !change.has_reserved_id && i64::try_from(directory.epochs.next_user) != Ok(user.id.0)
        }
        _ => guards_are_past(&change.guards, directory.epochs),
    })
}

/// Returns the same for a load of the user to delete.
fn settle_deletion<O>(
    in_doubt: Option<&ProvisioningChange>,
    snapshot: &Snapshot,
) -> Option<Plan<O, ProvisioningChange>> {
    settle(in_doubt, snapshot.change_committed, |change| match &change.op {
        ProvisioningOp::DeleteUser { expected, .. } => {
            snapshot.user.as_ref().is_none_or(|user| user.revision != *expected)
        }
        _ => false,
    })
}

fn guards_are_past(guards: &Guards, epochs: Epochs) -> bool {
    let past =
        |guard: Option<crate::store::EpochGuard>, epoch| guard.is_some_and(|guard| guard.expected != epoch);
    past(guards.graph, epochs.graph) || past(guards.superusers, epochs.superusers)
}
