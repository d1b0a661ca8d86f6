//! Retries and their limits.

use std::{sync::Arc, time::Duration};

use userbook::{
    Outcome, UpdateError, UserService, UserUpdate,
    authz::Verdict,
    store::{CommitOutcome, SnapshotQuery, StoreErrorKind},
};

use crate::{
    scripted_store::{Meanwhile, ScriptedAuthorizer, ScriptedStore, Step, Ticking, block_on, service},
    users::{ADA, ADMINS, BOB, ROOT, STAFF, name, revision, root},
};

fn conflicts() -> [CommitOutcome; 2] {
    [CommitOutcome::Conflict, CommitOutcome::Gone]
}

#[tokio::test]
async fn every_conflict_is_retried_with_the_same_change_id() {
    for conflict in conflicts() {
        let store = ScriptedStore::new().await.on_commit([Step::Answer(conflict.clone())]);
        let pauses = Meanwhile::nothing();
        let service = service(&store).with_backoff(pauses.clone());
        let updated = service.update_user(&root(), ADA, name("Ada")).await.unwrap();
        let changes: Vec<_> = store.changes.lock().unwrap().iter().map(|change| change.change).collect();
        assert_eq!(changes.len(), 2, "{conflict:?}");
        assert_eq!(changes.first(), changes.last());
        assert_eq!(Some(updated.outcome), changes.first().map(|change| Outcome::Applied(*change)));
        assert_eq!(*pauses.pauses.lock().unwrap(), [1]);
        assert_eq!((store.loads(), store.events().await.len()), (2, 1));
        assert_eq!(store.stored(ADA).await, updated.view.user);
    }
}

#[tokio::test]
async fn number_of_attempts_is_limited() {
    for (bound, expected) in [(0, 1), (1, 1), (3, 3), (32, 32)] {
        let conflicts = (0..100).map(|_| Step::Answer(CommitOutcome::Conflict));
        let store = ScriptedStore::new().await.on_commit(conflicts);
        let service = service(&store).with_limits(bound, Duration::from_secs(1));
        let failed = service.update_user(&root(), ADA, name("Ada")).await.unwrap_err();
        assert!(matches!(failed, UpdateError::Contended { attempts } if attempts == expected), "{failed}");
        assert_eq!(store.commits(), usize::try_from(expected).unwrap());
        assert!(store.events().await.is_empty());
    }
}

#[tokio::test]
async fn no_attempt_starts_after_the_deadline() {
    for (deadline, expected) in [(0, 1), (1, 1), (5, 3)] {
        let conflicts = (0..100).map(|_| Step::Answer(CommitOutcome::Conflict));
        let store = ScriptedStore::new().await.on_commit(conflicts);
        // The first reading sets the deadline; each attempt reads once, each retry twice.
        let service = service(&store)
            .with_clock(Ticking::by(Duration::from_secs(1)))
            .with_limits(100, Duration::from_secs(deadline));
        let failed = service.update_user(&root(), ADA, name("Ada")).await.unwrap_err();
        assert!(matches!(failed, UpdateError::Contended { attempts } if attempts == expected), "{failed}");
    }
}

#[tokio::test]
async fn permanent_error_is_not_retried() {
    for kind in [StoreErrorKind::Corrupt, StoreErrorKind::Other] {
        let on_load = ScriptedStore::new().await.on_load([Step::Fail(kind)]);
        let on_commit = ScriptedStore::new().await.on_commit([Step::Fail(kind)]);
        for store in [on_load, on_commit] {
            let failed = service(&store).update_user(&root(), ADA, name("Ada")).await.unwrap_err();
            assert_eq!(failure(&failed), Some(kind));
            assert_eq!(store.loads(), 1);
        }
    }
}

/// Returns the kind of the store error, if any.
pub(crate) fn failure(error: &UpdateError) -> Option<StoreErrorKind> {
    match error {
        UpdateError::Access(userbook::AccessError::Store(error)) => Some(error.kind),
        _ => None,
    }
}

#[tokio::test]
async fn transient_error_is_retried() {
    const TRANSIENT: StoreErrorKind = StoreErrorKind::Transient;
    let store =
        ScriptedStore::new().await.on_load([Step::Fail(TRANSIENT)]).on_commit([Step::Fail(TRANSIENT)]);
    let updated = service(&store).update_user(&root(), ADA, name("Ada")).await.unwrap();
    assert_eq!((store.loads(), store.commits()), (3, 2));
    assert_eq!(store.stored(ADA).await, updated.view.user);

    let store = ScriptedStore::new().await.on_load((0..9).map(|_| Step::Fail(TRANSIENT)));
    let service = service(&store).with_limits(3, Duration::from_secs(1));
    let failed = service.update_user(&root(), ADA, name("Ada")).await.unwrap_err();
    assert_eq!(failure(&failed), Some(TRANSIENT), "the last failure is reported, not contention");
    assert_eq!(store.loads(), 3);
}

#[tokio::test]
async fn further_facts_are_loaded_only_if_they_matter() {
    let patch = UserUpdate::patch;
    for (target, update, loads) in [
        (ADA, patch().name("x").groups([STAFF]).is_active(false), 1),
        (ADA, UserUpdate::replace().username("ada").name(""), 1),
        (BOB, patch().groups([ADMINS, STAFF]), 2),
        (BOB, patch().is_active(false), 2),
        (BOB, patch().groups([]), 2),
        (BOB, UserUpdate::replace().username("bob").name(""), 2),
    ] {
        // A further load is not a further attempt: a limit of one attempt suffices.
        let store = ScriptedStore::new().await;
        let pauses = Meanwhile::nothing();
        let service = service(&store).with_limits(1, Duration::from_secs(1)).with_backoff(pauses.clone());
        service.update_user(&root(), target, update.clone()).await.unwrap();
        assert_eq!(store.loads(), loads, "{update:?}");
        assert!(pauses.pauses.lock().unwrap().is_empty());
        let first = store.queries.lock().unwrap().first().cloned().unwrap();
        let plain = SnapshotQuery { actor: Some(ROOT), ..SnapshotQuery::user(target) };
        assert_eq!(first, plain, "the first load does not depend on the request");
    }
}

#[tokio::test]
async fn transient_error_of_a_read_is_retried_by_every_operation() {
    const TRANSIENT: StoreErrorKind = StoreErrorKind::Transient;
    let failing = || async { ScriptedStore::new().await.on_load([Step::Fail(TRANSIENT)]) };
    let store = failing().await;
    service(&store).delete_user(&root(), ADA).await.unwrap();
    assert_eq!(store.loads(), 2);
    let store = failing().await;
    service(&store).add_member(&root(), ADMINS, ADA).await.unwrap();
    assert_eq!(store.events().await.len(), 1);
}

#[tokio::test]
async fn required_revision_is_compared_again_after_a_conflict() {
    // A guard failed or the database requested a retry, and the row still has the revision.
    let store = ScriptedStore::new().await.on_commit([Step::Answer(CommitOutcome::Conflict)]);
    let service_ = service(&store);
    let updated = service_.update_user(&root(), ADA, name("Ada")).if_revision([revision(ADA)]).await.unwrap();
    assert!(matches!(updated.outcome, Outcome::Applied(_)));

    // Another write came first, so the revision is outdated.
    let store = ScriptedStore::new().await.on_commit([Step::Answer(CommitOutcome::Conflict)]);
    let faster = service(&store);
    let inner = UserService::new(store.inner.clone(), ScriptedAuthorizer::all(Verdict::Allow));
    let meanwhile = Meanwhile::acting(move |_| {
        block_on(inner.update_user(&root(), ADA, name("faster")).into_future()).unwrap();
    });
    let slower = faster.with_backoff(meanwhile);
    let failed =
        slower.update_user(&root(), ADA, name("Ada")).if_revision([revision(ADA)]).await.unwrap_err();
    assert!(matches!(failed, UpdateError::Condition), "{failed}");
    assert_eq!(store.stored(ADA).await.name, "faster");
    assert_eq!(store.commits(), 1);
}

#[tokio::test]
async fn condition_fails_even_if_nothing_changes() {
    let store = ScriptedStore::new().await;
    let service = service(&store);
    let unchanged = UserUpdate::patch();
    let failed = service.update_user(&root(), ADA, unchanged.clone()).if_revision([revision(BOB)]).await;
    assert!(matches!(failed, Err(UpdateError::Condition)), "{failed:?}");
    let held = service.update_user(&root(), ADA, unchanged).if_revision([revision(ADA)]).await.unwrap();
    assert_eq!(held.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn merge_is_resolved_again_in_each_attempt() {
    let store = ScriptedStore::new().await.on_commit([Step::Answer(CommitOutcome::Conflict)]);
    let merge = |key: &str| {
        UserUpdate::patch().merge_attributes([(key.to_owned(), serde_json::json!(1))].into_iter().collect())
    };
    let other = UserService::new(store.inner.clone(), ScriptedAuthorizer::all(Verdict::Allow));
    let theirs = Arc::new(merge("theirs"));
    let meanwhile = Meanwhile::acting(move |_| {
        block_on(other.update_user(&root(), ADA, (*theirs).clone()).into_future()).unwrap();
    });
    service(&store).with_backoff(meanwhile).update_user(&root(), ADA, merge("mine")).await.unwrap();
    assert_eq!(store.stored(ADA).await.attributes, serde_json::json!({"mine": 1, "theirs": 1}));
}
