//! Denials write nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use userbook::{
    AccessError, Actor, GroupError, GroupId, NewGroup, NewUser, Outcome, PermissionAuthorizer, Policy,
    Safeguard, StaticPermissions, UpdateError, UserRef, UserService, UserUpdate,
    authz::{AuthorizerError, Check, Permission, Verdict, Verdicts},
    decision::Denial,
    store::{CommitOutcome, SnapshotQuery},
};
use uuid::Uuid;

use crate::{
    scripted_store::{Meanwhile, ScriptedAuthorizer, ScriptedStore, Settable, Step, block_on, service},
    users::{ADA, ADMINS, ANONYMOUS, BOB, ROOT, STAFF, UNKNOWN, name, root},
};

#[tokio::test]
async fn failing_authorizer_denies_everything() {
    let failing = || ScriptedAuthorizer::by(|_| Err(AuthorizerError::new("down")));
    let short =
        || ScriptedAuthorizer::by(|checks| Ok(checks.iter().skip(1).map(|_| Verdict::Allow).collect()));
    let long = || {
        ScriptedAuthorizer::by(|checks| {
            Ok(checks.iter().map(|_| Verdict::Allow).chain([Verdict::Allow]).collect())
        })
    };
    let empty = || ScriptedAuthorizer::by(|_| Ok(Verdicts::default()));
    for authorizer in [failing(), short(), long(), empty()] {
        let store = ScriptedStore::new().await;
        let service = UserService::new(store.clone(), authorizer);
        let failed = |error: &AccessError| matches!(error, AccessError::Authorizer(_));
        let update = service.update_user(&root(), ADA, name("x")).await.unwrap_err();
        assert!(matches!(update, UpdateError::Access(error) if failed(&error)));
        let unknown = service.update_user(&root(), UNKNOWN, name("x")).await.unwrap_err();
        assert!(matches!(unknown, UpdateError::Access(error) if failed(&error)));
        assert!(failed(&service.retrieve(&root(), ADA).await.unwrap_err()));
        let insert = service.insert_user(&root(), NewUser::new("x", "x")).await.unwrap_err();
        assert!(matches!(insert, UpdateError::Access(error) if failed(&error)));
        let delete = service.delete_user(&root(), ADA).await.unwrap_err();
        assert!(matches!(delete, UpdateError::Access(error) if failed(&error)));
        let put = service.put_group(&root(), STAFF, NewGroup::new("x")).await.unwrap_err();
        assert!(matches!(put, GroupError::Access(error) if failed(&error)));
        let delete = service.delete_group(&root(), STAFF).await.unwrap_err();
        assert!(matches!(delete, GroupError::Access(error) if failed(&error)));
        assert!(store.events().await.is_empty());
    }
}

#[tokio::test]
async fn actor_deactivated_between_attempts_is_denied() {
    let store = ScriptedStore::new().await.on_commit([Step::Answer(CommitOutcome::Conflict)]);
    let inner = UserService::new(store.inner.clone(), ScriptedAuthorizer::all(Verdict::Allow));
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
async fn deleted_actor_is_denied_regardless_of_the_authorizer() {
    let store = ScriptedStore::new().await;
    let service = service(&store);
    let gone = Actor::user(UNKNOWN);
    let unknown = |error: &AccessError| matches!(error, AccessError::Forbidden(Denial::ActorUnknown));
    for id in [ADA, ANONYMOUS, UNKNOWN] {
        assert!(unknown(&service.retrieve(&gone, id).await.unwrap_err()), "{id}");
        let refused = service.update_user(&gone, id, name("x")).await.unwrap_err();
        assert!(matches!(refused, UpdateError::Access(error) if unknown(&error)), "{id}");
        let refused = service.delete_user(&gone, id).allow_self_lockout().await.unwrap_err();
        assert!(matches!(refused, UpdateError::Access(error) if unknown(&error)), "{id}");
    }
    let refused = service.insert_user(&gone, NewUser::new("x", "x")).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Access(error) if unknown(&error)));
    let refused = service.put_group(&gone, STAFF, NewGroup::new("x")).await.unwrap_err();
    assert!(matches!(refused, GroupError::Access(error) if unknown(&error)));
}

#[tokio::test]
async fn missing_users_and_the_anonymous_user_get_the_same_response() {
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
        let store = ScriptedStore::new().await;
        let service = UserService::new(store.clone(), PermissionAuthorizer::new(permissions));
        for id in [UNKNOWN, ANONYMOUS] {
            let errors = [
                service.retrieve(&actor, id).await.unwrap_err().to_string(),
                service.update_user(&actor, id, name("x")).await.unwrap_err().to_string(),
                service.delete_user(&actor, id).allow_self_lockout().await.unwrap_err().to_string(),
                service
                    .authorize_update(&actor, Some(id.into()), userbook::decision::Conditions::none())
                    .await
                    .unwrap_err()
                    .to_string(),
            ];
            for error in errors {
                assert_eq!(error.starts_with("not allowed"), found, "{actor:?} {id}: {error}");
                assert_eq!(error == "no such user or group", !found, "{actor:?} {id}: {error}");
            }
        }
        assert_eq!(store.stored(ANONYMOUS).await.version, 0);
    }
}

#[tokio::test]
async fn ordinary_update_takes_one_load_and_one_authorizer_call() {
    for (update, loads, calls) in [
        (UserUpdate::patch().name("x").path("a").groups([STAFF]), 1, 1),
        (UserUpdate::replace().username("ada").name("x").groups([STAFF]), 1, 1),
        (UserUpdate::patch().username("eve"), 2, 2),
        (UserUpdate::patch().groups([STAFF, ADMINS]), 2, 3),
    ] {
        let store = ScriptedStore::new().await;
        let authorizer = ScriptedAuthorizer::all(Verdict::Allow);
        let service = UserService::new(store.clone(), authorizer.clone());
        service.update_user(&root(), ADA, update.clone()).await.unwrap();
        assert_eq!((store.loads(), authorizer.calls.load(Relaxed)), (loads, calls), "{update:?}");
    }
}

/// The same loads and authorizer calls for every target and every request.
#[tokio::test]
async fn denied_update_costs_the_same_for_every_target_and_request() {
    let json_patch = serde_json::json!([{"op": "test", "path": "/email", "value": "root@example.com"}]);
    let updates = [
        UserUpdate::patch(),
        UserUpdate::patch().is_active(false),
        UserUpdate::patch().username("root").groups([STAFF, ADMINS, GroupId(Uuid::from_u128(99))]),
        UserUpdate::replace(),
        UserUpdate::json_patch(serde_json::from_value(json_patch).unwrap()),
    ];
    let view = |verdict: Verdict| {
        ScriptedAuthorizer::by(move |checks| {
            let verdict =
                |check: &Check| if *check == Check::View { verdict.clone() } else { Verdict::deny() };
            Ok(checks.iter().map(verdict).collect())
        })
    };
    for verdict in [Verdict::deny(), Verdict::Hide] {
        for update in &updates {
            for target in [
                UserRef::from(ADA),
                ROOT.into(),
                UNKNOWN.into(),
                ANONYMOUS.into(),
                Uuid::from_u128(77).into(),
            ] {
                let (store, authorizer) = (ScriptedStore::new().await, view(verdict.clone()));
                let service = UserService::new(store.clone(), authorizer.clone());
                let denied = service.update_user(&Actor::anonymous(), target, update.clone()).await;
                assert!(matches!(denied, Err(UpdateError::Access(_))), "{denied:?}");
                assert_eq!((store.loads(), authorizer.calls.load(Relaxed)), (1, 1), "{target} {update:?}");
                let query = store.queries.lock().unwrap().remove(0);
                assert_eq!(query, SnapshotQuery::user(target), "the load does not depend on the request");
            }
        }
    }
}

#[tokio::test]
async fn users_can_be_addressed_by_uuid() {
    let store = ScriptedStore::new().await;
    let service = service(&store);
    let uuid = store.stored(ADA).await.uuid;
    let updated = service.update_user(&root(), uuid, name("by uuid")).await.unwrap();
    assert_eq!((updated.view.user.id, updated.view.user.name.as_str()), (ADA, "by uuid"));
    assert_eq!(service.retrieve(&root(), UserRef::from(uuid)).await.unwrap().user.id, ADA);
    service.delete_user(&root(), uuid).await.unwrap();
    assert!(service.retrieve(&root(), ADA).await.is_err());
}

#[tokio::test]
async fn dry_run_equals_the_real_run_and_never_commits() {
    let store = ScriptedStore::new().await;
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
    let users = [NewUser::new("dry", "Dry")];
    for user in users {
        assert_eq!(service.insert_user(&root(), user).dry_run().await.unwrap().outcome, Outcome::DryRun);
    }
    assert_eq!(service.delete_user(&root(), ADA).dry_run().await.unwrap().outcome, Outcome::DryRun);
    let put =
        service.put_group(&root(), STAFF, NewGroup::new("dry").add_member(BOB)).dry_run().await.unwrap();
    assert_eq!(put.outcome, Outcome::DryRun);
    assert_eq!(service.delete_group(&root(), STAFF).dry_run().await.unwrap().outcome, Outcome::DryRun);
    assert_eq!(service.add_member(&root(), STAFF, BOB).dry_run().await.unwrap().outcome, Outcome::DryRun);
    assert!(store.provisioned.lock().unwrap().is_empty());
    let unchanged = service.update_user(&root(), ADA, UserUpdate::patch()).dry_run().await.unwrap();
    assert_eq!(unchanged.outcome, Outcome::Unchanged);
    assert_eq!(store.commits(), 1);
}

#[tokio::test]
async fn request_is_authorized_before_it_is_read() {
    let store = ScriptedStore::new().await;
    let authorizer = ScriptedAuthorizer::by(|checks| {
        let verdict = |check: &Check| (*check == Check::View).into();
        Ok(checks.iter().map(verdict).collect())
    });
    let service = UserService::new(store, authorizer);
    let actor = root();
    let denied = service
        .authorize_update(&actor, Some(ADA.into()), userbook::decision::Conditions::none())
        .await
        .unwrap_err();
    let expected = UpdateError::Access(AccessError::Forbidden(Denial::Permission(None))).to_string();
    assert_eq!(denied.to_string(), expected);
}

/// Facts from before the body was received serve the first attempt for 250 ms, and are loaded again after that.
#[tokio::test]
async fn facts_older_than_250_ms_are_loaded_again() {
    for (age, loads, allowed) in [(250, 1, true), (251, 2, false)] {
        let store = ScriptedStore::new().await;
        let calls = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&calls);
        let revoked = ScriptedAuthorizer::by(move |checks| {
            let first = count.fetch_add(1, Relaxed) == 0;
            Ok(checks.iter().map(|_| Verdict::from(first)).collect())
        });
        let clock = Settable::default();
        let service = UserService::new(store.clone(), revoked).with_clock(clock.clone());
        let actor = root();
        let authorized = service
            .authorize_update(&actor, Some(ADA.into()), userbook::decision::Conditions::none())
            .await
            .unwrap();
        clock.set(Duration::from_millis(age));
        let updated = authorized.update(name("x")).await;
        assert_eq!((updated.is_ok(), store.loads()), (allowed, loads), "{age} ms: {updated:?}");
    }
}

#[tokio::test]
async fn can_grant_superuser_is_called_only_if_the_decision_depends_on_it() {
    let email = || UserUpdate::patch().email("new@example.com");
    let hardened = Policy::hardened;
    let unprotected = || Policy::hardened().without(Safeguard::ProtectPrivileged);
    for (case, actor, target, update, policy, expected) in [
        ("a protected field of another user", Actor::user(ADA), BOB, email(), hardened(), 1),
        ("a field that is not protected", Actor::user(ADA), BOB, name("x"), hardened(), 0),
        ("the actor's own row", Actor::user(ADA), ADA, email(), hardened(), 0),
        ("a superuser acts", root(), BOB, email(), hardened(), 0),
        ("the host acts", Actor::system(), BOB, email(), hardened(), 0),
        ("no such safeguard", Actor::user(ADA), BOB, email(), unprotected(), 0),
    ] {
        let authorizer = ScriptedAuthorizer::all(Verdict::Allow);
        let questions = Arc::clone(&authorizer.grant_questions);
        let store = ScriptedStore::new().await;
        let service = UserService::new(store.clone(), authorizer).with_policy(policy);
        let result = service.update_user(&actor, target, update).await;
        assert_eq!(questions.load(Relaxed), expected, "{case}");
        // User 2 is a superuser: a protected field is denied for every result.
        assert_eq!(result.is_err(), expected == 1, "{case}: {result:?}");
    }
}
