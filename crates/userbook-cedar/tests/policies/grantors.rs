//! Users who may grant superuser status by a policy are privileged.

use userbook::{AccessError, Actor, Field, UpdateError, UserId, UserService, UserUpdate, decision::Denial};
use userbook_cedar::CedarAuthorizer;

use crate::fixture::*;

/// Returns the help desk policies with a policy about `grant_superuser`.
fn help_desk_and(policy: &str) -> CedarAuthorizer {
    let path = format!("{}/policies/help_desk.cedar", env!("CARGO_MANIFEST_DIR"));
    format!("{}\n{policy}", std::fs::read_to_string(path).unwrap()).parse().unwrap()
}

async fn change(policy: &str, by: &Actor, target: i64, update: UserUpdate) -> Result<(), UpdateError> {
    let service = UserService::new(store().await, help_desk_and(policy));
    service.update_user(by, UserId(target), update).await.map(drop)
}

fn is_protected(result: &Result<(), UpdateError>, field: Field) -> bool {
    let Err(UpdateError::Access(AccessError::Forbidden(Denial::ProtectedUser(fields)))) = result else {
        return false;
    };
    *fields == [field]
}

const BOB_GRANTS: &str =
    "permit (principal == User::\"8\", action == Action::\"grant_superuser\", resource == Group::\"any\");";

#[tokio::test]
async fn help_desk_cannot_change_the_email_of_users_who_may_grant() {
    let email = || UserUpdate::patch().email("evil@example.com");
    let member = "permit (principal in Group::\"00000000-0000-4000-8000-0000000000f1\",
        action == Action::\"grant_superuser\", resource) when { resource.name == \"finance\" };";
    for policy in [BOB_GRANTS, member] {
        let bob = change(policy, &actor(DESK), BOB, email()).await;
        assert!(is_protected(&bob, Field::Email), "{policy}: {bob:?}");
        let bob = change(policy, &actor(DESK), BOB, UserUpdate::patch().is_active(false)).await;
        assert!(is_protected(&bob, Field::IsActive), "{policy}: {bob:?}");
        // The display name gives no access to an account.
        change(policy, &actor(DESK), BOB, UserUpdate::patch().name("Bob")).await.unwrap();
        change(policy, &actor(DESK), ANN, email()).await.unwrap();
        change(policy, &actor(ROOT), BOB, email()).await.unwrap();
    }
    // Without that policy, bob is an ordinary user.
    change("", &actor(DESK), BOB, email()).await.unwrap();
}
