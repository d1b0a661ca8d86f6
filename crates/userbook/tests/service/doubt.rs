//! When it cannot be told whether a commit was applied.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use userbook::{
    AuthorizerError, CommitOutcome, NewUser, Outcome, StoreErrorKind, UpdateError, UserService, UserStore,
    Verdict,
};

use crate::{
    people::{ADA, name, root},
    retries::failure,
    script::{Meanwhile, Says, Scripted, Step, block_on, service},
};

const AMBIGUOUS: StoreErrorKind = StoreErrorKind::Ambiguous;

#[tokio::test]
async fn a_commit_that_landed_is_reported_once() {
    let store = Scripted::new().await.on_commit([Step::DoneAndFail(AMBIGUOUS)]);
    let updated = service(&store).update_user(&root(), ADA, name("Ada")).await.unwrap();
    let events = store.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events.first().map(|event| Outcome::Applied(event.id)), Some(updated.outcome));
    assert_eq!(store.stored(ADA).await, updated.view.user);
    assert_eq!(store.commits(), 1, "it is not committed again");
    let asked: Vec<_> = store.queries.lock().unwrap().iter().map(|query| query.change.is_some()).collect();
    assert_eq!(asked, [false, true], "only who is in doubt asks");
}

#[tokio::test]
async fn a_commit_that_landed_is_reported_even_if_somebody_wrote_since() {
    let store = Scripted::new().await.on_commit([Step::DoneAndFail(AMBIGUOUS)]);
    let other = UserService::new(store.inner.clone(), Says::all(Verdict::Allow));
    let meanwhile = Meanwhile::acting(move |_| {
        block_on(other.update_user(&root(), ADA, name("since")).into_future()).unwrap();
    });
    let updated =
        service(&store).with_backoff(meanwhile).update_user(&root(), ADA, name("Ada")).await.unwrap();
    assert!(matches!(updated.outcome, Outcome::Applied(_)));
    assert_eq!(updated.view.user.name, "Ada");
    assert_eq!(store.stored(ADA).await.name, "since", "what was written since stands");
    assert_eq!(store.events().await.len(), 2);
}

#[tokio::test]
async fn a_commit_that_did_not_land_is_made_again_with_the_same_id() {
    let store = Scripted::new().await.on_commit([Step::Fail(AMBIGUOUS)]);
    let updated = service(&store).update_user(&root(), ADA, name("Ada")).await.unwrap();
    let ids: Vec<_> = store.changes.lock().unwrap().iter().map(|change| change.change).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids.first(), ids.last());
    assert_eq!(store.events().await.iter().map(|event| event.id).collect::<Vec<_>>(), ids[..1]);
    assert_eq!(store.stored(ADA).await, updated.view.user);
}

/// The first commit lands only after the second load: the second commit is in its way, and the third load sees.
#[tokio::test]
async fn a_commit_that_lands_late_is_seen_later() {
    let store =
        Scripted::new().await.on_commit([Step::Fail(AMBIGUOUS), Step::Answer(CommitOutcome::Conflict)]);
    let late = store.clone();
    let meanwhile = Meanwhile::acting(move |attempt| {
        if attempt == 2 {
            let first = late.changes.lock().unwrap().first().cloned().unwrap();
            assert_eq!(block_on(late.inner.commit(&first)).unwrap(), CommitOutcome::Applied);
        }
    });
    let updated =
        service(&store).with_backoff(meanwhile).update_user(&root(), ADA, name("Ada")).await.unwrap();
    assert!(matches!(updated.outcome, Outcome::Applied(_)));
    assert_eq!((store.commits(), store.events().await.len()), (2, 1));
}

/// Whatever ends the call while it is in doubt: the caller must not be told that nothing was written.
#[tokio::test]
async fn doubt_is_never_told_as_contention_or_another_failure() {
    use StoreErrorKind::{Corrupt, Other, Transient};
    let ambiguous = || Step::Fail(AMBIGUOUS);
    for (name_, store) in [
        ("contended", Scripted::new().await.on_commit([ambiguous(), Step::Answer(CommitOutcome::Conflict)])),
        ("transient", Scripted::new().await.on_commit([ambiguous(), Step::Fail(Transient)])),
        (
            "corrupt load",
            Scripted::new().await.on_load([Step::Pass, Step::Fail(Corrupt)]).on_commit([ambiguous()]),
        ),
        ("other", Scripted::new().await.on_commit([ambiguous(), Step::Fail(Other)])),
    ] {
        let service = service(&store).with_limits(2, Duration::from_secs(1));
        let failed = service.update_user(&root(), ADA, name("Ada")).await.unwrap_err();
        assert_eq!(failure(&failed), Some(AMBIGUOUS), "{name_}");
    }
}

/// Nor as a refusal, as long as the commit can still land: here the actor lost the right in between.
#[tokio::test]
async fn doubt_is_never_told_as_a_refusal() {
    for fails in [false, true] {
        let store = Scripted::new().await.on_commit([Step::Fail(AMBIGUOUS)]);
        let asked = AtomicU64::new(0);
        let says = Says::by(move |checks| {
            let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
            if !first && fails {
                return Err(AuthorizerError::transient("away"));
            }
            let verdict = if first { Verdict::Allow } else { Verdict::deny() };
            Ok(checks.iter().map(|_| verdict.clone()).collect())
        });
        let service = UserService::new(store.clone(), says).with_limits(3, Duration::from_secs(1));
        let failed = service.update_user(&root(), ADA, name("Ada")).await.unwrap_err();
        assert_eq!(failure(&failed), Some(AMBIGUOUS), "{failed}");
        assert_eq!(store.commits(), 1);
    }
}

/// Once somebody else has written, the commit in doubt never lands, and a refusal is one.
#[tokio::test]
async fn doubt_ends_when_the_row_has_changed() {
    let store = Scripted::new().await.on_commit([Step::Fail(AMBIGUOUS)]);
    let other = UserService::new(store.inner.clone(), Says::all(Verdict::Allow));
    let seen = store.stored(ADA).await.revision;
    let meanwhile = Meanwhile::acting(move |_| {
        block_on(other.update_user(&root(), ADA, name("since")).into_future()).unwrap();
    });
    let service = service(&store).with_backoff(meanwhile);
    let refused = service.update_user(&root(), ADA, name("Ada")).if_revision([seen]).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Condition), "{refused}");
}

#[tokio::test]
async fn provisioning_asks_the_same_question() {
    let new = || NewUser::new("new", "New");
    let change_committed = Scripted::new().await.on_provision([Step::DoneAndFail(AMBIGUOUS)]);
    let view = service(&change_committed).insert_user(&root(), new()).await.unwrap();
    assert_eq!(change_committed.stored(view.user.id).await, view.user);
    assert_eq!(change_committed.provisioned.lock().unwrap().len(), 1);
    assert_eq!(change_committed.events().await.len(), 1);

    let lost = Scripted::new().await.on_provision([Step::Fail(AMBIGUOUS)]);
    let view = service(&lost).insert_user(&root(), new()).await.unwrap();
    assert_eq!(lost.stored(view.user.id).await, view.user);
    let tried = lost.provisioned.lock().unwrap().clone();
    assert_eq!(tried.len(), 2);
    assert_eq!(tried.first(), tried.last(), "both attempts speak of the same user and the same change");

    let gone = Scripted::new().await.on_provision([Step::DoneAndFail(AMBIGUOUS)]);
    service(&gone).delete_user(&root(), ADA, false).await.unwrap();
    assert_eq!(gone.events().await.len(), 1);

    let contended = Scripted::new().await.on_provision((0..9).map(|_| Step::Answer(CommitOutcome::Conflict)));
    let service = service(&contended).with_limits(2, Duration::from_secs(1));
    let failed = service.delete_user(&root(), ADA, false).await.unwrap_err();
    assert!(matches!(failed, UpdateError::Contended { attempts: 2 }), "{failed}");
}
