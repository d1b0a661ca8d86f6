//! Rules of the host on whole changes.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use userbook::{
    AccessError, Actor, Field, GroupError, GroupId, NewGroup, NewUser, Outcome, UpdateError, UserService,
    UserUpdate,
    authz::{AuthorizerError, Verdict},
    decision::Denial,
    service::{ChangeRequest, ChangeRule, RequestedChange, RuleVerdict},
    store::{ActorGuard, CommitOutcome},
};
use uuid::Uuid;

use crate::{
    scripted_store::{Meanwhile, ScriptedAuthorizer, ScriptedStore, Settable, Step, block_on, service},
    users::{ADA, ADMINS, BOB, ROOT, STAFF, name, revision, root},
};

/// Records each request, and gives the same verdict.
#[derive(Debug, Clone)]
struct Recording(Arc<Mutex<Vec<String>>>, RuleVerdict);

impl Recording {
    fn of(verdict: RuleVerdict) -> Self {
        Self(Arc::default(), verdict)
    }

    fn accept() -> Self {
        Self::of(RuleVerdict::Accept)
    }

    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn describe(request: &ChangeRequest<'_>) -> String {
    let by = request.actor_state.map(|state| (state.id.0, state.path.clone(), state.attributes.to_string()));
    match request.change {
        RequestedChange::InsertUser(user) => format!("insert {} by {by:?}", user.username),
        RequestedChange::UpdateUser { before, after } => {
            let groups = after.groups.len();
            format!("update {} {:?} to {:?} in {groups} groups", after.id, before.name, after.name)
        }
        RequestedChange::WriteGroup { before, after, joining, leaving } => {
            let names = [before, after].map(|group| group.map(|group| group.name.clone()));
            let paths: Vec<_> = joining.values().map(|state| state.path.as_str()).collect();
            let leave: Vec<_> = leaving.keys().map(|id| id.0).collect();
            format!("group {names:?} joining from {paths:?} leaving {leave:?}")
        }
        _ => "unknown".to_owned(),
    }
}

#[async_trait]
impl ChangeRule for Recording {
    async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
        self.0.lock().unwrap().push(describe(request));
        Ok(self.1.clone())
    }
}

/// Fails, or never answers.
#[derive(Debug)]
enum Broken {
    Fails(fn() -> AuthorizerError),
    Hangs,
}

#[async_trait]
impl ChangeRule for Broken {
    async fn check(&self, _request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
        match self {
            Self::Fails(error) => Err(error()),
            Self::Hangs => loop {
                tokio::task::yield_now().await;
            },
        }
    }
}

const NEW: GroupId = GroupId(Uuid::from_u128(50));

#[tokio::test]
async fn rules_see_actor_target_and_new_values_of_every_change() {
    let store = ScriptedStore::new().await;
    let rule = Recording::accept();
    let service = service(&store).with_change_rule(rule.clone());
    let by = root();
    service.insert_user(&by, NewUser::new("new", "")).await.unwrap();
    service.update_user(&by, ADA, name("Ada")).await.unwrap();
    service.update_user(&by, ADA, name("Ada")).await.unwrap();
    service.add_member(&by, ADMINS, ADA).await.unwrap();
    service.put_group(&by, NEW, NewGroup::new("new").members([ADA])).await.unwrap();
    service.delete_group(&by, NEW).await.unwrap();
    service.delete_user(&by, ADA).await.unwrap();
    assert_eq!(
        rule.seen(),
        [
            "insert new by Some((1, \"users\", \"{}\"))",
            "update 3 \"\" to \"Ada\" in 1 groups",
            "update 3 \"Ada\" to \"Ada\" in 2 groups",
            "group [None, Some(\"new\")] joining from [\"users\"] leaving []",
            "group [Some(\"new\"), None] joining from [] leaving [3]",
        ]
    );
    let guarded = Some(ActorGuard { user: ROOT, revision: revision(ROOT) });
    let provisioned = store.provisioned.lock().unwrap();
    assert!(provisioned.iter().take(3).all(|change| change.guards.actor == guarded), "{provisioned:?}");
}

#[tokio::test]
async fn rules_run_in_a_dry_run_and_again_in_each_attempt() {
    let store = ScriptedStore::new().await.on_commit([Step::Answer(CommitOutcome::Conflict)]);
    let rule = Recording::accept();
    let service = service(&store).with_change_rule(rule.clone());
    let preview = service.update_user(&root(), ADA, name("Ada")).dry_run().await.unwrap();
    assert_eq!((preview.outcome, rule.seen().len()), (Outcome::DryRun, 1));
    service.update_user(&root(), ADA, name("Ada")).await.unwrap();
    assert_eq!(rule.seen().len(), 2);
}

#[tokio::test]
async fn denied_callers_and_invalid_values_reach_no_rule() {
    let rule = Recording::accept();
    let store = ScriptedStore::new().await;
    let denied = UserService::new(store.clone(), ScriptedAuthorizer::all(Verdict::deny()))
        .with_change_rule(rule.clone());
    assert!(denied.update_user(&root(), ADA, name("x")).await.is_err());
    assert!(denied.insert_user(&root(), NewUser::new("x", "")).await.is_err());
    assert!(denied.put_group(&root(), NEW, NewGroup::new("x")).await.is_err());
    let service = service(&store).with_change_rule(rule.clone());
    assert!(service.update_user(&root(), ADA, UserUpdate::patch().username(" ")).await.is_err());
    assert!(service.insert_user(&root(), NewUser::new("ada", "")).await.is_err());
    assert_eq!(rule.seen(), [""; 0]);
}

#[tokio::test]
async fn objections_are_reported_and_nothing_is_written() {
    let reject = |code: &str| RuleVerdict::reject(Field::Email, code, code.to_uppercase());
    let deny = || RuleVerdict::deny("closed", "Closed today.");
    for (rules, expected) in [
        (vec![RuleVerdict::Accept, deny(), reject("a")], "not allowed: Closed today."),
        (vec![reject("a"), deny()], "not allowed: Closed today."),
        (vec![reject("a"), RuleVerdict::Accept, reject("b")], "invalid: email: A; email: B"),
    ] {
        let store = ScriptedStore::new().await;
        let add = |service: UserService<_, _>, rule| service.with_change_rule(Recording::of(rule));
        let service = rules.into_iter().fold(service(&store), add);
        let by = root();
        for error in [
            service.update_user(&by, ADA, name("x")).await.unwrap_err(),
            service.update_user(&by, ADA, name("x")).dry_run().await.unwrap_err(),
            service.insert_user(&by, NewUser::new("x", "")).await.unwrap_err(),
            service.add_member(&by, ADMINS, ADA).await.unwrap_err(),
            service.remove_member(&by, STAFF, ADA).await.unwrap_err(),
        ] {
            assert_eq!(error.to_string(), expected);
        }
        let error = service.put_group(&by, NEW, NewGroup::new("new")).await.unwrap_err();
        // A group has no e-mail address.
        assert_eq!(error.to_string(), expected.replace("email: ", ""));
        assert!(store.events().await.is_empty());
    }
}

#[tokio::test]
async fn a_failing_or_late_rule_denies() {
    let permanent = || AuthorizerError::new("no answer");
    let transient = || AuthorizerError::transient("busy");
    for (rule, code) in [
        (Broken::Fails(permanent), "internal_error"),
        (Broken::Fails(transient), "unavailable"),
        (Broken::Hangs, "unavailable"),
    ] {
        let store = ScriptedStore::new().await;
        let clock = crate::scripted_store::Ticking::by(Duration::from_millis(100));
        let service = service(&store).with_clock(clock).with_change_rule(rule);
        let error = service.update_user(&root(), ADA, name("x")).await.unwrap_err();
        assert!(matches!(error, UpdateError::Access(AccessError::Authorizer(_))), "{error}");
        assert_eq!(error.code(), code);
        let error = service.put_group(&root(), NEW, NewGroup::new("new")).await.unwrap_err();
        assert!(matches!(error, GroupError::Access(AccessError::Authorizer(_))), "{error}");
        assert!(store.events().await.is_empty());
    }
}

/// A rule of the actor's path decides on the path of the same attempt.
#[derive(Debug)]
struct OwnPath;

#[async_trait]
impl ChangeRule for OwnPath {
    async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
        let RequestedChange::UpdateUser { after, .. } = request.change else {
            return Ok(RuleVerdict::Accept);
        };
        let own = request.actor_state.map(|state| state.path.as_str());
        if own == Some(after.path.as_str()) {
            return Ok(RuleVerdict::Accept);
        }
        Ok(RuleVerdict::deny("own_path", "Not your part of the tree."))
    }
}

#[tokio::test]
async fn a_moved_actor_is_a_conflict_and_the_rule_decides_again() {
    let store = ScriptedStore::new().await.on_commit([Step::Answer(CommitOutcome::Conflict)]);
    let inner = UserService::new(store.inner.clone(), ScriptedAuthorizer::all(Verdict::Allow));
    let meanwhile = Meanwhile::acting(move |_| {
        let moved = UserUpdate::patch().path("elsewhere");
        block_on(inner.update_user(&Actor::user(BOB), ROOT, moved).into_future()).unwrap();
    });
    let service = service(&store).with_backoff(meanwhile).with_change_rule(OwnPath);
    let error = service.update_user(&root(), ADA, name("x")).await.unwrap_err();
    let UpdateError::Access(AccessError::Forbidden(Denial::Rule { rule, .. })) = error else {
        panic!("{error}")
    };
    assert_eq!(rule, "own_path");
}

#[tokio::test]
async fn the_time_left_is_that_of_the_operation() {
    #[derive(Debug)]
    struct TimeLeft(Settable, Arc<Mutex<Vec<Duration>>>);

    #[async_trait]
    impl ChangeRule for TimeLeft {
        async fn check(&self, request: &ChangeRequest<'_>) -> Result<RuleVerdict, AuthorizerError> {
            self.1.lock().unwrap().push(request.time_left);
            self.0.set(Duration::from_secs(4));
            Ok(RuleVerdict::Accept)
        }
    }

    let (store, clock, seen) = (ScriptedStore::new().await, Settable::default(), Arc::default());
    let rule = |clock: &Settable| TimeLeft(clock.clone(), Arc::clone(&seen));
    let service = service(&store)
        .with_clock(clock.clone())
        .with_change_rule(rule(&clock))
        .with_change_rule(rule(&clock));
    service.update_user(&root(), ADA, name("x")).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [10, 6].map(Duration::from_secs));
}
