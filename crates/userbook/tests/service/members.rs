//! Loads and authorizer calls of a membership change, and the groups that an answer shows.

use std::sync::atomic::Ordering::Relaxed;

use userbook::{
    AccessError, Actor, Outcome, PermissionAuthorizer, StaticPermissions, UpdateError, UserService,
    authz::{Check, Verdict},
};

use crate::{
    scripted_store::{ScriptedAuthorizer, ScriptedStore},
    users::{ADA, STAFF, name, root},
};

#[tokio::test]
async fn an_ordinary_membership_change_takes_one_load_of_the_user() {
    let store = ScriptedStore::new().await;
    let service = UserService::new(store.clone(), ScriptedAuthorizer::all(Verdict::Allow));
    let removed = service.remove_member(&root(), STAFF, ADA).await.unwrap();
    assert!(matches!(removed.outcome, Outcome::Applied(_)));
    let targets = || store.queries.lock().unwrap().iter().filter(|query| query.target.is_some()).count();
    assert_eq!(targets(), 1);
    let added = service.add_member(&root(), STAFF, ADA).await.unwrap();
    assert!(matches!(added.outcome, Outcome::Applied(_)));
    assert_eq!(targets(), 2);
}

#[tokio::test]
async fn groups_are_shown_by_a_check_each() {
    for (shown, expected) in [(true, vec![STAFF]), (false, vec![])] {
        let store = ScriptedStore::new().await;
        let authorizer = ScriptedAuthorizer::by(move |checks| {
            let verdict = |check: &Check| match check {
                Check::ViewGroup(_) => shown.into(),
                _ => Verdict::Allow,
            };
            Ok(checks.iter().map(verdict).collect())
        });
        let authorizer = authorizer.checking_groups();
        let service = UserService::new(store, authorizer.clone());
        let view = service.retrieve(&root(), ADA).await.unwrap();
        let groups: Vec<_> = view.groups.iter().map(|shown| shown.group.id).collect();
        assert_eq!(groups, expected);
        assert_eq!(authorizer.calls.load(Relaxed), 2, "the groups are checked once the user may be viewed");
    }
}

#[tokio::test]
async fn an_actor_who_is_denied_everything_causes_no_load() {
    let store = ScriptedStore::new().await;
    let service = UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let denied = service.update_user(&Actor::anonymous(), ADA, name("x")).await;
    assert!(matches!(denied, Err(UpdateError::Access(AccessError::Forbidden(_)))), "{denied:?}");
    assert_eq!(store.loads(), 0);
}
