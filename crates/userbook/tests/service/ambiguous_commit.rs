//! Commits without an answer.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use userbook::{
    GroupError, GroupId, NewGroup, NewUser, Outcome, UpdateError, UserService, UserStore, UserUpdate,
    authz::{AuthorizerError, Verdict},
    store::{CommitOutcome, ProvisioningOp, StoreErrorKind},
    violation::ViolationKind,
};
use uuid::Uuid;

use crate::{
    retries::failure,
    scripted_store::{Meanwhile, ScriptedAuthorizer, ScriptedStore, Step, block_on, service},
    users::{ADA, ADMINS, STAFF, name, root},
};

const AMBIGUOUS: StoreErrorKind = StoreErrorKind::Ambiguous;

#[tokio::test]
async fn applied_commit_is_reported_once() {
    let store = ScriptedStore::new().await.on_commit([Step::DoneAndFail(AMBIGUOUS)]);
    let updated = service(&store).update_user(&root(), ADA, name("Ada")).await.unwrap();
    let events = store.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events.first().map(|event| Outcome::Applied(event.id)), Some(updated.outcome));
    assert_eq!(store.stored(ADA).await, updated.view.user);
    assert_eq!(store.commits(), 1, "the change is not committed again");
    let lookups: Vec<_> = store.queries.lock().unwrap().iter().map(|query| query.change.is_some()).collect();
    assert_eq!(lookups, [false, true], "only a call in doubt looks for the change");
}

#[tokio::test]
async fn applied_commit_is_reported_after_a_later_write() {
    let store = ScriptedStore::new().await.on_commit([Step::DoneAndFail(AMBIGUOUS)]);
    let other = UserService::new(store.inner.clone(), ScriptedAuthorizer::all(Verdict::Allow));
    let meanwhile = Meanwhile::acting(move |_| {
        block_on(other.update_user(&root(), ADA, name("since")).into_future()).unwrap();
    });
    let updated =
        service(&store).with_backoff(meanwhile).update_user(&root(), ADA, name("Ada")).await.unwrap();
    assert!(matches!(updated.outcome, Outcome::Applied(_)));
    assert_eq!(updated.view.user.name, "Ada");
    assert_eq!(store.stored(ADA).await.name, "since", "the later write is kept");
    assert_eq!(store.events().await.len(), 2);
}

#[tokio::test]
async fn lost_commit_is_repeated_with_the_same_id() {
    let store = ScriptedStore::new().await.on_commit([Step::Fail(AMBIGUOUS)]);
    let updated = service(&store).update_user(&root(), ADA, name("Ada")).await.unwrap();
    let ids: Vec<_> = store.changes.lock().unwrap().iter().map(|change| change.change).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids.first(), ids.last());
    assert_eq!(store.events().await.iter().map(|event| event.id).collect::<Vec<_>>(), ids[..1]);
    assert_eq!(store.stored(ADA).await, updated.view.user);
}

/// The first commit is applied only after the second load: the second commit conflicts, and the third load finds it.
#[tokio::test]
async fn late_commit_is_found() {
    let store =
        ScriptedStore::new().await.on_commit([Step::Fail(AMBIGUOUS), Step::Answer(CommitOutcome::Conflict)]);
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

/// While the call is in doubt, no error may suggest that nothing was written.
#[tokio::test]
async fn commit_in_doubt_is_never_reported_as_contention_or_another_error() {
    use StoreErrorKind::{Corrupt, Other, Transient};
    let ambiguous = || Step::Fail(AMBIGUOUS);
    for (name_, store) in [
        (
            "contended",
            ScriptedStore::new().await.on_commit([ambiguous(), Step::Answer(CommitOutcome::Conflict)]),
        ),
        ("transient", ScriptedStore::new().await.on_commit([ambiguous(), Step::Fail(Transient)])),
        (
            "corrupt load",
            ScriptedStore::new().await.on_load([Step::Pass, Step::Fail(Corrupt)]).on_commit([ambiguous()]),
        ),
        ("other", ScriptedStore::new().await.on_commit([ambiguous(), Step::Fail(Other)])),
    ] {
        let service = service(&store).with_limits(2, Duration::from_secs(1));
        let failed = service.update_user(&root(), ADA, name("Ada")).await.unwrap_err();
        assert_eq!(failure(&failed), Some(AMBIGUOUS), "{name_}");
    }
}

/// While the commit can still be applied: here the actor loses the right in between.
#[tokio::test]
async fn commit_in_doubt_is_never_reported_as_a_denial() {
    for fails in [false, true] {
        let store = ScriptedStore::new().await.on_commit([Step::Fail(AMBIGUOUS)]);
        let calls = AtomicU64::new(0);
        let authorizer = ScriptedAuthorizer::by(move |checks| {
            let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
            if !first && fails {
                return Err(AuthorizerError::transient("away"));
            }
            let verdict = if first { Verdict::Allow } else { Verdict::deny() };
            Ok(checks.iter().map(|_| verdict.clone()).collect())
        });
        let service = UserService::new(store.clone(), authorizer).with_limits(3, Duration::from_secs(600));
        let failed = service.update_user(&root(), ADA, name("Ada")).await.unwrap_err();
        assert_eq!(failure(&failed), Some(AMBIGUOUS), "{failed}");
        assert_eq!(store.commits(), 1);
    }
}

/// After a later write the commit in doubt is never applied, so a failed condition may be reported.
#[tokio::test]
async fn doubt_ends_when_the_row_has_changed() {
    let store = ScriptedStore::new().await.on_commit([Step::Fail(AMBIGUOUS)]);
    let other = UserService::new(store.inner.clone(), ScriptedAuthorizer::all(Verdict::Allow));
    let seen = store.stored(ADA).await.revision;
    let meanwhile = Meanwhile::acting(move |_| {
        block_on(other.update_user(&root(), ADA, name("since")).into_future()).unwrap();
    });
    let service = service(&store).with_backoff(meanwhile);
    let refused = service.update_user(&root(), ADA, name("Ada")).if_revision([seen]).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Condition), "{refused}");
}

#[tokio::test]
async fn provisioning_looks_for_a_commit_in_doubt() {
    let new = || NewUser::new("new", "New");
    let applied = ScriptedStore::new().await.on_provision([Step::DoneAndFail(AMBIGUOUS)]);
    let view = service(&applied).insert_user(&root(), new()).await.unwrap().view;
    assert_eq!(applied.stored(view.user.id).await, view.user);
    assert_eq!(applied.provisioned.lock().unwrap().len(), 1);
    assert_eq!(applied.events().await.len(), 1);

    let lost = ScriptedStore::new().await.on_provision([Step::Fail(AMBIGUOUS)]);
    let view = service(&lost).insert_user(&root(), new()).await.unwrap().view;
    assert_eq!(lost.stored(view.user.id).await, view.user);
    let tried = lost.provisioned.lock().unwrap().clone();
    assert_eq!(tried.len(), 2);
    assert_eq!(tried.first(), tried.last(), "both attempts have the same user and change id");

    let gone = ScriptedStore::new().await.on_provision([Step::DoneAndFail(AMBIGUOUS)]);
    service(&gone).delete_user(&root(), ADA).await.unwrap();
    assert_eq!(gone.events().await.len(), 1);

    let contended =
        ScriptedStore::new().await.on_provision((0..9).map(|_| Step::Answer(CommitOutcome::Conflict)));
    let service = service(&contended).with_limits(2, Duration::from_secs(1));
    let failed = service.delete_user(&root(), ADA).await.unwrap_err();
    assert!(matches!(failed, UpdateError::Contended { attempts: 2 }), "{failed}");
}

/// Whichever of several insertions in doubt is applied, the result has the id of the stored user.
#[tokio::test]
async fn insertion_with_a_reserved_id_has_one_id() {
    for reads in 1..=6 {
        let store = ScriptedStore::new().await.on_provision([
            Step::Answer(CommitOutcome::Conflict),
            Step::FailAndLand(AMBIGUOUS, reads),
            Step::Fail(AMBIGUOUS),
            Step::Fail(AMBIGUOUS),
        ]);
        let service = service(&store).with_limits(9, Duration::from_secs(60));
        let inserted = service.insert_user(&root(), NewUser::new("new", "New")).await.unwrap().view.user;
        assert_eq!(store.stored(inserted.id).await, inserted, "{reads}");
        assert_eq!(store.events().await.len(), 1, "{reads}");
        let tried = store.provisioned.lock().unwrap().clone();
        let ids: Vec<_> = tried
            .iter()
            .filter(|change| change.has_reserved_id)
            .map(|change| match &change.op {
                ProvisioningOp::InsertUser(user) => user.id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(!ids.is_empty() && ids.iter().all(|id| *id == inserted.id), "{reads}: {ids:?}");
    }
}

/// A commit that returns `Ambiguous` and is applied between any two reads is found.
#[tokio::test]
async fn commit_applied_between_two_reads_is_never_reported_as_rejected() {
    let group = GroupId(Uuid::from_u128(70));
    for reads in 1..=6 {
        let late = || [Step::FailAndLand(AMBIGUOUS, reads)];
        let store = ScriptedStore::new().await.on_provision(late());
        let inserted = service(&store).insert_user(&root(), NewUser::new("new", "New")).await;
        assert!(matches!(inserted.unwrap().outcome, Outcome::Applied(_)), "insert_user, {reads}");
        assert_eq!(store.events().await.len(), 1, "insert_user, {reads}");

        let store = ScriptedStore::new().await.on_provision(late());
        let deleted = service(&store).delete_user(&root(), ADA).await;
        assert!(matches!(deleted.unwrap().outcome, Outcome::Applied(_)), "delete_user, {reads}");
        assert_eq!(store.events().await.len(), 1, "delete_user, {reads}");

        let store = ScriptedStore::new().await.on_provision(late());
        let put = service(&store).put_group(&root(), group, NewGroup::new("new").add_member(ADA)).await;
        assert!(matches!(put.unwrap().outcome, Outcome::Applied(_)), "put_group, {reads}");
        assert_eq!(store.events().await.len(), 2, "put_group, {reads}");

        let store = ScriptedStore::new().await.on_provision(late());
        let deleted = service(&store).delete_group(&root(), STAFF).await;
        assert!(matches!(deleted.unwrap().outcome, Outcome::Applied(_)), "delete_group, {reads}");
        assert_eq!(store.events().await.len(), 2, "delete_group, {reads}");

        let store = ScriptedStore::new().await.on_commit(late());
        let rename = UserUpdate::patch().username("eve").groups([STAFF, ADMINS]);
        let updated = service(&store).update_user(&root(), ADA, rename).await;
        assert!(matches!(updated.unwrap().outcome, Outcome::Applied(_)), "update_user, {reads}");
        assert_eq!(store.events().await.len(), 1, "update_user, {reads}");

        let store = ScriptedStore::new().await.on_commit(late());
        let added = service(&store).add_member(&root(), ADMINS, ADA).await;
        assert!(matches!(added.unwrap().outcome, Outcome::Applied(_)), "add_member, {reads}");
        assert_eq!(store.events().await.len(), 1, "add_member, {reads}");
    }
}

/// A violation from the store proves nothing either: the commit in doubt may have caused it.
#[tokio::test]
async fn violation_from_the_store_is_reported_unless_a_commit_is_in_doubt() {
    let rejected = || CommitOutcome::Rejected(ViolationKind::Unique.into());
    let store = ScriptedStore::new().await.on_commit([Step::Answer(rejected())]);
    let failed = service(&store).update_user(&root(), ADA, name("Ada")).await.unwrap_err();
    assert!(matches!(failed, UpdateError::Invalid(_)), "{failed}");
    let store =
        ScriptedStore::new().await.on_commit([Step::FailAndLand(AMBIGUOUS, 2), Step::Answer(rejected())]);
    let updated = service(&store).update_user(&root(), ADA, name("Ada")).await.unwrap();
    assert!(matches!(updated.outcome, Outcome::Applied(_)));
    let store = ScriptedStore::new().await.on_provision([Step::Answer(rejected())]);
    let failed = service(&store).put_group(&root(), STAFF, NewGroup::new("x")).await.unwrap_err();
    assert!(matches!(failed, GroupError::Invalid(_)), "{failed}");
}
