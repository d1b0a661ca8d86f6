//! Acting as another user, and operations in batches, with authorizers that refuse or fail.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::json;
use userbook::{
    AccessError, Actor, NewUser, Outcome, PermissionAuthorizer, Policy, Safeguard, StaticPermissions,
    UpdateError, UserId, UserRef, UserService, UserStore, UserUpdate,
    authz::{AuthorizerError, Check, Permission, Verdict},
    decision::Denial,
    service::BulkOperation,
    store::SnapshotQuery,
};

use crate::{
    scripted_store::ScriptedAuthorizer,
    users::{ADA, ANONYMOUS, BOB, ROOT, UNKNOWN, directory},
};

/// May act as others.
const DESK: UserId = ADA;

#[tokio::test]
async fn only_superusers_act_as_privileged_users() {
    for (policy, is_protected) in
        [(Policy::hardened(), true), (Policy::hardened().without(Safeguard::ProtectPrivileged), false)]
    {
        let permissions =
            StaticPermissions::none().grant(DESK, Permission::ViewUser).grant(DESK, Permission::Impersonate);
        let service =
            UserService::new(directory().await, PermissionAuthorizer::new(permissions)).with_policy(policy);
        let host = Actor::system();
        let eve = service.insert_user(&host, NewUser::new("eve", "Eve")).await.unwrap().view.user.id;
        let (by_desk, by_root) = (Actor::user(DESK), Actor::user(ROOT));
        let allowed =
            |actor, target: UserId| service.authorize_impersonation(actor, Some(UserRef::from(target)));
        assert!(allowed(&by_desk, eve).await.is_ok());
        assert!(allowed(&by_desk, DESK).await.is_ok(), "oneself");
        assert!(allowed(&by_root, BOB).await.is_ok());
        let taken = allowed(&by_desk, BOB).await;
        if is_protected {
            let denial = Denial::ProtectedImpersonation;
            assert!(matches!(&taken, Err(AccessError::Forbidden(found)) if *found == denial), "{taken:?}");
        } else {
            assert!(taken.is_ok(), "{taken:?}");
        }
        let by_eve = Actor::user(eve);
        for (target, denied) in [(BOB, allowed(&by_eve, BOB)), (eve, allowed(&by_eve, eve))] {
            let denied = denied.await;
            assert!(denied.is_err(), "{target}: {denied:?}");
        }
        for unknown in [UNKNOWN, ANONYMOUS] {
            assert!(matches!(allowed(&by_root, unknown).await, Err(AccessError::NotFound)), "{unknown}");
        }
    }
}

#[tokio::test]
async fn an_authorizer_that_fails_once_repeats_nothing() {
    for failing in 1..=9 {
        let calls = AtomicU64::new(0);
        let authorizer = ScriptedAuthorizer::by(move |checks: &[Check]| {
            if calls.fetch_add(1, Relaxed) + 1 == failing {
                return Err(AuthorizerError::new("fails once"));
            }
            Ok(checks.iter().map(|_| Verdict::Allow).collect())
        });
        let service = UserService::new(directory().await, authorizer);
        let actor = Actor::user(ROOT);
        let append = UserUpdate::json_patch(
            serde_json::from_value(json!([{ "op": "add", "path": "/attributes/list/-", "value": 1 }]))
                .unwrap(),
        );
        let with_list =
            UserUpdate::patch().merge_attributes(json!({ "list": [] }).as_object().cloned().unwrap());
        let operations = vec![
            BulkOperation::Update(BOB.into(), with_list),
            BulkOperation::Update(BOB.into(), append),
            BulkOperation::Insert(NewUser::new("new", "New")),
            BulkOperation::Delete(ADA.into()),
            BulkOperation::Update(ROOT.into(), UserUpdate::patch().name("Root")),
        ];
        let mut results = Vec::new();
        service.bulk(&actor).run(operations, |_, result| results.push(result)).await.unwrap();
        assert_eq!(results.len(), 5, "call {failing}");
        assert!(results.iter().filter(|result| result.is_err()).count() <= 1, "call {failing}: {results:?}");
        for (n, result) in results.iter().enumerate() {
            let is_applied = matches!(result, Ok(updated) if matches!(updated.outcome, Outcome::Applied(_)));
            let has_failed = matches!(result, Err(UpdateError::Access(AccessError::Authorizer(_))));
            assert!(is_applied || has_failed, "call {failing}, operation {n}: {result:?}");
        }
        let bob = service.store().load(&SnapshotQuery::user(BOB)).await.unwrap().user.unwrap();
        assert_eq!(bob.attributes.get("list"), Some(&json!([1])), "call {failing}");
    }
}
