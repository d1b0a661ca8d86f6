//! Who is refused, and that a refusal writes nothing.

use std::sync::atomic::Ordering::Relaxed;

use userbook::{
    AccessError, Actor, AuthorizerError, CommitOutcome, Denial, GroupError, NewGroup, NewUser, Outcome,
    Permission, PermissionAuthorizer, StaticPermissions, UpdateError, UserService, UserUpdate, Verdict,
    Verdicts,
};

use crate::{
    people::{ADA, ADMINS, BOB, NOBODY, ROOT, STAFF, UNKNOWN, name, root},
    script::{Meanwhile, Says, Scripted, Step, block_on, service},
};

#[tokio::test]
async fn an_authorizer_that_fails_refuses_everything() {
    let failing = || Says::by(|_| Err(AuthorizerError::new("down")));
    let short = || Says::by(|checks| Ok(checks.iter().skip(1).map(|_| Verdict::Allow).collect()));
    let long =
        || Says::by(|checks| Ok(checks.iter().map(|_| Verdict::Allow).chain([Verdict::Allow]).collect()));
    let silent = || Says::by(|_| Ok(Verdicts::default()));
    for says in [failing(), short(), long(), silent()] {
        let store = Scripted::new().await;
        let service = UserService::new(store.clone(), says);
        let failed = |error: &AccessError| matches!(error, AccessError::Authorizer(_));
        let update = service.update_user(&root(), ADA, name("x")).await.unwrap_err();
        assert!(matches!(update, UpdateError::Access(error) if failed(&error)));
        let unknown = service.update_user(&root(), UNKNOWN, name("x")).await.unwrap_err();
        assert!(matches!(unknown, UpdateError::Access(error) if failed(&error)));
        assert!(failed(&service.retrieve(&root(), ADA).await.unwrap_err()));
        let insert = service.insert_user(&root(), NewUser::new("x", "x")).await.unwrap_err();
        assert!(matches!(insert, UpdateError::Access(error) if failed(&error)));
        let delete = service.delete_user(&root(), ADA, false).await.unwrap_err();
        assert!(matches!(delete, UpdateError::Access(error) if failed(&error)));
        let put = service.put_group(&root(), STAFF, NewGroup::new("x"), false).await.unwrap_err();
        assert!(matches!(put, GroupError::Access(error) if failed(&error)));
        let delete = service.delete_group(&root(), STAFF, false).await.unwrap_err();
        assert!(matches!(delete, GroupError::Access(error) if failed(&error)));
        assert!(store.events().await.is_empty());
    }
}

#[tokio::test]
async fn an_actor_deactivated_between_attempts_is_refused() {
    let store = Scripted::new().await.on_commit([Step::Answer(CommitOutcome::Conflict)]);
    let inner = UserService::new(store.inner.clone(), Says::all(Verdict::Allow));
    let meanwhile = Meanwhile::acting(move |_| {
        let retire = UserUpdate::patch().is_active(false);
        block_on(inner.update_user(&Actor::user(BOB), ROOT, retire).into_future()).unwrap();
    });
    let refused =
        service(&store).with_backoff(meanwhile).update_user(&root(), ADA, name("x")).await.unwrap_err();
    assert!(
        matches!(refused, UpdateError::Access(AccessError::Forbidden(Denial::ActorInactive))),
        "{refused}"
    );
    assert_eq!(store.stored(ADA).await.name, "");
}

#[tokio::test]
async fn an_actor_who_is_gone_may_do_nothing_whatever_the_authorizer_says() {
    let store = Scripted::new().await;
    let service = service(&store);
    let gone = Actor::user(UNKNOWN);
    let inactive = |error: &AccessError| matches!(error, AccessError::Forbidden(Denial::ActorInactive));
    for id in [ADA, NOBODY, UNKNOWN] {
        assert!(inactive(&service.retrieve(&gone, id).await.unwrap_err()), "{id}");
        let refused = service.update_user(&gone, id, name("x")).await.unwrap_err();
        assert!(matches!(refused, UpdateError::Access(error) if inactive(&error)), "{id}");
        let refused = service.delete_user(&gone, id, true).await.unwrap_err();
        assert!(matches!(refused, UpdateError::Access(error) if inactive(&error)), "{id}");
    }
    let refused = service.insert_user(&gone, NewUser::new("x", "x")).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Access(error) if inactive(&error)));
    let refused = service.put_group(&gone, STAFF, NewGroup::new("x"), false).await.unwrap_err();
    assert!(matches!(refused, GroupError::Access(error) if inactive(&error)));
}

#[tokio::test]
async fn unknown_ids_and_the_anonymous_user_look_alike() {
    let none = StaticPermissions::none;
    for (permissions, actor, found) in [
        (none(), root(), false),
        (none().grant(ADA, Permission::ViewUser), Actor::user(ADA), false),
        (none().grant_on_user(ADA, Permission::ViewUser, BOB), Actor::user(ADA), false),
        (none(), Actor::user(ADA), true),
        (none(), Actor::anonymous(), true),
        (none(), Actor::external("x"), true),
        (none(), Actor::system(), false),
    ] {
        let store = Scripted::new().await;
        let service = UserService::new(store.clone(), PermissionAuthorizer::new(permissions));
        for id in [UNKNOWN, NOBODY] {
            let errors = [
                service.retrieve(&actor, id).await.unwrap_err().to_string(),
                service.update_user(&actor, id, name("x")).await.unwrap_err().to_string(),
                service.delete_user(&actor, id, true).await.unwrap_err().to_string(),
                service
                    .authorize_update(&actor, id, &userbook::Conditions::none())
                    .await
                    .unwrap_err()
                    .to_string(),
            ];
            for error in errors {
                assert_eq!(error.starts_with("not allowed"), found, "{actor:?} {id}: {error}");
                assert_eq!(error == "there is no such user or group", !found, "{actor:?} {id}: {error}");
            }
        }
        assert_eq!(store.stored(NOBODY).await.version, 0);
    }
}

#[tokio::test]
async fn one_call_to_the_authorizer_serves_an_attempt() {
    let store = Scripted::new().await.on_commit([Step::Answer(CommitOutcome::Conflict)]);
    let says = Says::all(Verdict::Allow);
    let service = UserService::new(store.clone(), says.clone());
    let update = UserUpdate::patch().name("x").groups([STAFF, ADMINS]).path("a");
    service.update_user(&root(), ADA, update).await.unwrap();
    assert_eq!(says.asked.load(Relaxed), 2);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_never_commits() {
    let store = Scripted::new().await;
    let service = service(&store);
    let update = || UserUpdate::patch().name("x").groups([ADMINS]).is_active(false);
    let before = store.stored(ADA).await;
    let dry = service.update_user(&root(), ADA, update()).dry_run().await.unwrap();
    assert_eq!((dry.outcome, store.commits()), (Outcome::DryRun, 0));
    assert_eq!(store.stored(ADA).await, before);
    assert!(store.events().await.is_empty());
    let real = service.update_user(&root(), ADA, update()).await.unwrap();
    assert_eq!((&dry.diff, &dry.results), (&real.diff, &real.results));
    assert_eq!(dry.view.is_superuser, real.view.is_superuser);

    let refused = service.update_user(&root(), ADA, UserUpdate::patch().path("/")).dry_run().await;
    assert!(matches!(refused, Err(UpdateError::Invalid(_))), "{refused:?}");
    let unchanged = service.update_user(&root(), ADA, UserUpdate::patch()).dry_run().await.unwrap();
    assert_eq!(unchanged.outcome, Outcome::Unchanged);
    assert_eq!(store.commits(), 1);
}

#[tokio::test]
async fn what_a_request_may_be_told_before_its_body_is_read() {
    let store = Scripted::new().await;
    let says = Says::by(|checks| {
        assert_eq!(checks, [userbook::Check::View, userbook::Check::Change]);
        Ok([Verdict::Allow, Verdict::deny()].into_iter().collect())
    });
    let service = UserService::new(store, says);
    let refused = service.authorize_update(&root(), ADA, &userbook::Conditions::none()).await.unwrap_err();
    let denied = UpdateError::Access(AccessError::Forbidden(Denial::Permission(None))).to_string();
    assert_eq!(refused.to_string(), denied);
}
