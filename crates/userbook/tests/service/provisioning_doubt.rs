//! Provisioning without an answer: the doubt ends when the facts of the change have moved.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use userbook::{
    AccessError, GroupError, GroupId, NewGroup, NewUser, UpdateError, UserService, authz::Verdict,
    store::StoreErrorKind,
};
use userbook_memory::MemoryStore;
use uuid::Uuid;

use crate::{
    scripted_store::{Meanwhile, ScriptedAuthorizer, ScriptedStore, Step, block_on},
    users::{ADA, STAFF, name, root},
};

const AMBIGUOUS: StoreErrorKind = StoreErrorKind::Ambiguous;
const NEW: GroupId = GroupId(Uuid::from_u128(50));

type Other = UserService<MemoryStore, ScriptedAuthorizer>;

/// Returns a service whose first commit gets no answer and is not applied. Afterwards the actor is denied, and another
/// caller acts first.
async fn service(act: fn(&Other)) -> UserService<ScriptedStore, ScriptedAuthorizer> {
    let store = ScriptedStore::new().await.on_provision([Step::Fail(AMBIGUOUS)]);
    let other = UserService::new(store.inner.clone(), ScriptedAuthorizer::all(Verdict::Allow));
    let denies = Arc::new(AtomicBool::new(false));
    let is_denied = Arc::clone(&denies);
    let authorizer = ScriptedAuthorizer::by(move |checks| {
        let verdict = if is_denied.load(Relaxed) { Verdict::deny() } else { Verdict::Allow };
        Ok(checks.iter().map(|_| verdict.clone()).collect())
    });
    let meanwhile = Meanwhile::acting(move |_| {
        if !denies.swap(true, Relaxed) {
            act(&other);
        }
    });
    UserService::new(store, authorizer).with_backoff(meanwhile).with_limits(3, Duration::from_secs(600))
}

fn insert(other: &Other) {
    block_on(other.insert_user(&root(), NewUser::new("since", "")).into_future()).unwrap();
}

fn rename_user(other: &Other) {
    block_on(other.update_user(&root(), ADA, name("since")).into_future()).unwrap();
}

fn rename_group(other: &Other) {
    block_on(other.put_group(&root(), STAFF, NewGroup::new("since")).into_future()).unwrap();
}

fn nothing(_: &Other) {}

/// Whether the denial is reported; otherwise the commit is still in doubt.
fn is_denied(error: &AccessError) -> bool {
    match error {
        AccessError::Forbidden(_) | AccessError::NotFound => true,
        AccessError::Store(failure) if failure.kind == AMBIGUOUS => false,
        other => panic!("{other:?}"),
    }
}

fn user_error(result: Result<impl std::fmt::Debug, UpdateError>) -> bool {
    let UpdateError::Access(error) = result.unwrap_err() else { panic!("no access error") };
    is_denied(&error)
}

#[tokio::test]
async fn a_denial_is_reported_once_the_commit_can_no_longer_be_applied() {
    for (act, insertion, deletion, group) in [
        (nothing as fn(&Other), false, false, false),
        (insert, true, false, false),
        (rename_user, false, true, false),
        (rename_group, false, false, true),
    ] {
        let inserted = service(act).await.insert_user(&root(), NewUser::new("new", "")).await;
        assert_eq!(user_error(inserted), insertion, "insertion");
        assert_eq!(user_error(service(act).await.delete_user(&root(), ADA).await), deletion, "deletion");
        let put = service(act).await.put_group(&root(), NEW, NewGroup::new("new")).await;
        let GroupError::Access(error) = put.unwrap_err() else { panic!("no access error") };
        assert_eq!(is_denied(&error), group, "group");
    }
}
